# guests.bash: run the small programs of tests/kernel in the unikernel and on Linux. Loaded by bats files.
#
#   guest NAME [OPTION...] [-- ARG...]   `mewz-cc run` of build/guests/NAME.elf; sets $status, $output, $stderr
#   process NAME [ARG...]                the same program as a Linux process
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg
source "$ROOT/tests/lib/wait.bash"

guest() {
    local name=$1
    shift
    # shellcheck disable=SC2154
    run --separate-stderr timeout 300 mewz-cc run "$GUESTS/$name.elf" "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
}

process() {
    local name=$1
    shift
    run --separate-stderr timeout 300 "$GUESTS/$name" "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
}
