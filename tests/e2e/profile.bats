# shellcheck disable=SC2016 # wasm's names are quoted
# mewz-cc run --profile: where a program spends its time, by the names of its functions.
bats_require_minimum_version 1.5.0
load ../lib/wait
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
}

# share FUNCTION: the percentage of the samples, as a whole number, of its box (the first where there are several)
share() {
    sed -nE "s/.*<title>$1: .*, ([0-9]+)\.[0-9]+ %<.*/\1/p" out.svg | head -n 1
}

samples() {
    sed -nE 's/.*: ([0-9]+) samples, 1000 in each second.*/\1/p' out.svg
}

# One function takes three times as long as the other one, below the same loop.
@test "a flame graph shows who called whom, and for how long" {
    cat >work.c <<'CODE'
#include <stdint.h>
#include <stdio.h>
__attribute__((noinline)) static uint32_t spin(uint32_t n)
{
    uint32_t x = n;
    for (uint32_t i = 0; i < n; i++)
        x = x * 1664525 + (x >> 3) + i;
    return x;
}
static uint32_t once(uint32_t n) { return spin(n) + 1; } /* which is inlined */
__attribute__((noinline)) static uint32_t thrice(uint32_t n) { return spin(3 * n) + 2; }
int main(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < 60; i++)
        sum += once(1000000 + (sum & 1)) + thrice(1000000 + (sum & 1));
    printf("%u\n", sum);
    return 42;
}
CODE
    clang-19 --target=wasm32-wasi -O2 -o work.wasm work.c
    run --separate-stderr timeout 100 mewz-cc run work.wasm
    expected=$output
    run --separate-stderr timeout 100 mewz-cc run work.wasm --profile out.svg
    [ "$status" = 42 ]
    [ "$output" = "$expected" ]
    [ -z "$stderr" ]
    grep -o '<title>[^<]*' out.svg | head -n 20
    [ "$(samples)" -gt 50 ]
    [ "$(share all)" = 100 ]
    [ "$(share 'thrice.*')" -ge 55 ]
    [ "$(share 'thrice.*')" -le 85 ]
    # Nothing but the picture, which needs nothing else.
    [ "$(ls)" = "$(printf 'out.svg\nwork.c\nwork.wasm')" ]
    run ! grep -E 'href|<script|@import' out.svg
}

@test "idling does not count" {
    printf '(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 1500000000))
            (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))' >sleeps.wat
    timeout 100 mewz-cc run sleeps.wat --profile out.svg
    [ "$(samples)" -lt 1000 ] # a second and a half would be 1500, a slow start a few hundred
}

@test "a program that is stopped has its profile, too" {
    for signal in INT TERM; do
        # A shell's background jobs ignore SIGINT, unless they are told not to.
        env --default-signal=INT mewz-cc run "$GUESTS/computes.wasm" --profile out.svg -- 600 >out 3>&- &
        machine=$! status=0
        wait_until grep -q computing out
        sleep 2 # samples are of time
        kill -s $signal $machine
        wait $machine || status=$?
        [ $status = $((128 + $(kill -l $signal))) ]
        [ "$(samples)" -gt 50 ]
        rm out.svg
    done
}

@test "traps and exceptions are the same under a profile" {
    for guest in recursion exceptions; do
        run --separate-stderr timeout 60 mewz-cc run "$GUESTS/$guest.wasm"
        expected="$status $output $stderr"
        run --separate-stderr timeout 60 mewz-cc run "$GUESTS/$guest.wasm" --profile out.svg
        [ "$status $output $stderr" = "$expected" ]
        [ "$(share all)" = 100 ]
    done
}

@test "without --profile nothing of it is in a kernel" {
    llvm-nm-19 "$GUESTS/hello.elf" >symbols
    grep -q program_run symbols
    run ! grep -q ' T profile_\|mewz_profile' symbols
}

@test "what cannot be profiled, or written, is said before it runs" {
    run --separate-stderr timeout 60 mewz-cc run "$GUESTS/hello.elf" --profile out.svg
    [ "$status" = 2 ]
    [[ $stderr == *"hello.elf is linked already: --profile is for modules and objects" ]]
    run --separate-stderr timeout 60 mewz-cc run "$GUESTS/hello.wasm" --profile /nowhere/out.svg
    [ "$status" = 1 ]
    [ -z "$output" ]
    [[ $stderr == *"/nowhere/out.svg"* ]]
    [ -z "$(ls)" ]
}
