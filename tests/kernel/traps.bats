# Each kind of trap: exit code 134, one line that names the kind, and a backtrace that names the wasm functions. The
# same on Linux as in the unikernel.
load ../lib/guests

# traps_with LETTER TEXT [FUNCTION]
traps_with() {
    local system
    for system in guest process; do
        if [ $system = guest ]; then guest traps -- "$1"; else process traps "$1"; fi
        [ "$status" = 134 ]
        [ -z "$output" ]
        [[ $(head -n 1 <<<"$stderr") == "traps.wasm: trap: $2"* ]]
        grep -Eq "^ +at 0x[0-9a-f]+ in ${3:-_start}(, inlined in .*)?\$" <<<"$stderr"
        grep -Eq "^ +at 0x[0-9a-f]+ in (.*, inlined in )?_start\$" <<<"$stderr"
    done
}

@test "trap: unreachable" { traps_with a unreachable; }
@test "trap: a load out of bounds whose result is dropped" { traps_with b "out of bounds memory access at address 0x10000" load; }
@test "trap: a store whose address and offset exceed 32 bits" { traps_with c "out of bounds memory access at address 0x1fffffffe"; }
@test "trap: memory.fill out of bounds" { traps_with d "out of bounds memory access"; }
@test "trap: table.get out of bounds" { traps_with e "out of bounds table access"; }
@test "trap: division by zero" { traps_with f "integer divide by zero" divide; }
@test "trap: division overflow" { traps_with g "integer overflow" overflow; }
@test "trap: conversion of a number too large" { traps_with h "integer overflow"; }
@test "trap: conversion of NaN" { traps_with i "invalid conversion to integer"; }
@test "trap: indirect call out of bounds" { traps_with j "undefined element"; }
@test "trap: indirect call of null" { traps_with k "uninitialized element"; }
@test "trap: indirect call of another type" { traps_with l "indirect call type mismatch"; }
@test "trap: memory.copy out of bounds" { traps_with n "out of bounds memory access"; }

@test "trap: endless recursion, with a shortened backtrace" {
    traps_with m "call stack exhausted" recurse
    grep -q 'frames more' <<<"$stderr"
    [ "$(wc -l <<<"$stderr")" -lt 50 ]
}

@test "no trap: the same program ends well" {
    guest traps -- z
    [ "$status" = 0 ]
    [ -z "$output$stderr" ]
}

@test "trap: a missing import when it is called" {
    guest missing
    [ "$status" = 134 ]
    [[ $stderr == "missing.wasm: trap: call of a missing import"* ]]
    grep -Eq 'in calls_it(, inlined in _start)?$' <<<"$stderr"
}
