# The network and the virtio ring, natively under AddressSanitizer, with inputs that libFuzzer makes up (tests/net/fuzz).
# `make fuzz-net fuzz-virtq` go on for FUZZ_SECONDS and keep what they find in build/net.
load ../lib/guests

# fuzz TARGET RUNS: the same inputs every time; in the long form fifty times as many, and new ones.
fuzz() {
    local runs=$2 seed=1
    if [ -n "${LONG-}" ]; then
        runs=$((50 * runs))
        seed=$RANDOM
    fi
    cd "$BATS_TEST_TMPDIR"
    run timeout 1200 "$ROOT/build/net/fuzz_$1" -runs="$runs" -seed="$seed" -len_control=0 -max_len=1024
    tail -n 30 <<<"$output"
    [ "$status" = 0 ]
}

@test "fuzz: the driver's side of a virtqueue" {
    fuzz virtq 200000
}

@test "fuzz: link, TCP, UDP and lwIP on a card of our own" {
    fuzz net 20000
}
