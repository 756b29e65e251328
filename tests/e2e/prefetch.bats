# What is prefetched (sdk/llvm/prefetch.h), as the native code of each function shows it.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH

# prefetches FUNCTION [OPTION...]: the prefetches of a function of prefetch.wat
prefetches() {
    mewz-cc inspect "$ROOT/tests/e2e/prefetch.wat" --function "$@" >"$BATS_TEST_TMPDIR/listing"
    grep -q 'ret' "$BATS_TEST_TMPDIR/listing"
    sed -n 's/^.*\(prefetch.*\)/\1/p' "$BATS_TEST_TMPDIR/listing"
}

@test "an index that goes into a ring: each table that it is for is prefetched, once" {
    for level in -O2 -O3; do
        prefetches ring $level
        [ "$(prefetches ring $level | wc -l)" = 2 ]
    done
    [ -z "$(prefetches ring -O0)$(prefetches ring -O1)" ]
}

@test "pointers, tables at constants, what is no ring, counters, and bases that come late: no prefetch" {
    for function in pointers constant field array table counters late; do
        [ -z "$(prefetches $function)" ]
    done
}
