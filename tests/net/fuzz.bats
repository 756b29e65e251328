# The network and the virtio ring, natively under AddressSanitizer, with inputs that libFuzzer makes up (tests/net/fuzz).
# `make fuzz-net fuzz-predict fuzz-virtq` go on for FUZZ_SECONDS and keep what they find in build/net.
load ../lib/guests

# fuzz TARGET RUNS: the same inputs every time; in the long form twenty times as many, and new ones.
fuzz() {
    local runs=$2 seed=1
    if [ -n "${LONG-}" ]; then
        runs=$((20 * runs))
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

@test "fuzz: what header prediction takes, lwIP alone answers with the same bytes" {
    fuzz predict 200
}

# Bytes as the target wants them: zeros COUNT; frame SIZE: an IPv6 packet to the machine, whose ICMPv6 message follows.
zeros() {
    head -c "$1" /dev/zero
}

frame() {
    printf '\0\32%b' "\\x$(printf %x $(($1 - 60)))"
    zeros 6
    printf '\5'
    zeros 33
}

@test "fuzz: what is sent to a router that does not answer is not kept" {
    {
        printf '\5\7' # two seconds, in which the machine gets its address
        frame 70
        printf '\206\0\0\0\100\0\377\377' # a router, for 18 hours
        zeros 8
        for _ in {1..12}; do
            frame 62
            printf '\200' # a ping
            zeros 7
        done
    } >"$BATS_TEST_TMPDIR/input"
    timeout 60 "$ROOT/build/net/fuzz_net" "$BATS_TEST_TMPDIR/input"
}

# Found by libFuzzer; it takes some repetitions, since ports and times go on from one to the next.
@test "fuzz: a connection that begins again within a segment that was received ahead" {
    base64 -d >"$BATS_TEST_TMPDIR/input" <<'INPUT'
CmpqampqampqHFwcHCgcHBwcHBx6HBwcHBwcHBwcHBwcHBwcHBwcHBwclZWVlZWVlZWVampqampqampKampqampqampqampqampqampqampqam
pqlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlRw6AAQBAAAAAAAAAAQElZWVlZWVlZWVlWpq/////////////////////////////////2pK
ampqampqampqampqampqampqampqa2pqlZWampqajwIAAAAAv/////////////////////////////////////////////////////////////
////////////////////////////////////////////////////////////////////////////////8AAJWVlZWVlZVqampqampqampqakpq
ampqampqampqampqalIAampxampqamoAlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVa2pqaJWVldWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZ
WVlZWVlZVqampqampqampqakpqampqampqampqampqalIAampxampqamoAlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVlZWVa2pqaJWVldWVlZWV
lZWVlZWVIZWVlZWVlZWVlZWVlZWVlZWVlZWVlWpqag==
INPUT
    timeout 60 "$ROOT/build/net/fuzz_net" -runs=3000 "$BATS_TEST_TMPDIR/input"
}
