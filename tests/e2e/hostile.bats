# Bad input: modules that mean harm. `make check-hostile` runs 10,000 of them, this file a part.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH

@test "hostile modules: refused in one line, in bounded time and memory" {
    timeout $((600 + ${HOSTILE:-0} / 2)) node "$ROOT/tests/e2e/hostile.mjs" "${HOSTILE:-500}" "$BATS_TEST_TMPDIR/modules" \
        "$ROOT"/build/guests/{traps,grows,hello,missing,exits,streams,facts}.wasm
}
