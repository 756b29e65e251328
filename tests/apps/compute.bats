# Programs of the bench suite (tests/bench/compute) that no other test has: they write what they write as native ones.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

same_as_native() {
    run --separate-stderr env ROUNDS=1 MAKERS='native mewz' timeout 900 "$ROOT/tests/bench/compute/run.sh" "$@"
    printf 'status %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = 0 ]
    for program; do
        [[ $output == *"| $program | "* ]]
    done
}

@test "compute: zlib, cJSON" { same_as_native zlib json; }
@test "compute: Lua, MuJS" { same_as_native lua mujs; }
@test "compute: hashing, numbers, indirect calls, vectors" { same_as_native sha256 matrix nbody indirect simd; }
@test "compute: the SHA-256 is right" {
    node -e 'const a = Buffer.alloc(65536); for (let i = 0; i < 65536; i++) a[i] = i * 7 + Math.floor(i / 251);
        const hash = require("crypto").createHash("sha256"); for (let i = 0; i < 1024; i++) hash.update(a);
        console.log(hash.digest("hex"))' >"$BATS_TEST_TMPDIR/wanted"
    "$ROOT/build/compute/sha256.mewz" | cmp - "$BATS_TEST_TMPDIR/wanted"
}
