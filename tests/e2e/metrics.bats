# shellcheck disable=SC2016 # another shell expands those
# mewz-cc run --metrics: the kernel's numbers again and again; tests/net/metrics.bats has what they say.
bats_require_minimum_version 1.5.0
load ../lib/wait
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

@test "numbers come on stderr while the program computes, and it notices nothing" {
    cd "$BATS_TEST_TMPDIR"
    timeout 200 mewz-cc run "$ROOT/build/guests/computes.wasm" --metrics 1 >output 2>numbers &
    machine=$!
    wait_until eval '[ "$(grep -c "^memory.pages [0-9]" numbers)" -ge 2 ]'
    kill "$machine"
    wait "$machine" || [ $? = 143 ]
    [ "$(cat output)" = computing ]
    run ! grep -v '^[a-z0-9_.]* [0-9]*$' numbers
}

@test "intervals are whole seconds" {
    run --separate-stderr mewz-cc run "$ROOT/build/guests/hello.wasm" --metrics 0
    [ "$status" = 2 ]
    [[ $stderr == *"--metrics 0: SECONDS is a number from 1 to 86400"* ]]
}
