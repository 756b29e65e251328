# The file systems, natively under AddressSanitizer, with inputs that libFuzzer makes up (tests/disk/fuzz).
# `make fuzz-memory fuzz-fuse fuzz-disk fuzz-drive` go on for FUZZ_SECONDS and keep what they find in build/disk.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export FUZZ_DISK=$ROOT/build/disk/fuzz.img

# fuzz TARGET RUNS: the same inputs every time.
fuzz() {
    cd "$BATS_TEST_TMPDIR"
    run timeout 300 "$ROOT/build/disk/fuzz_$1" -runs="$2" -seed=1 -len_control=0 -max_len=1024 -timeout=60
    [ "$status" = 0 ] || { echo "$output" | tail -n 40 && false; }
    [[ $output == *"Done $2 runs"* ]]
}

@test "fuzz: the file system in memory" {
    fuzz memory 10000
}

@test "fuzz: host folders whose server replies anything" {
    fuzz fuse 10000
}

@test "fuzz: a damaged disk" {
    fuzz disk 500
}

@test "fuzz: a damaged image, whose files are on a drive that fails" {
    fuzz drive 5000
}
