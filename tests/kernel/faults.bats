# What no program compiled from wasm can do, done by a native one: W^X, NX, the page at zero, and how a panic looks.
load ../lib/guests

# panics NAME TEXT: exit code 70, the reason, registers where it was an exception, and the function by name.
panics() {
    guest faults -- "$1"
    [ "$status" = 70 ]
    grep -q "panic: .*$2" <<<"$stderr"
    grep -q "$1" <<<"$stderr"
    grep -qw start <<<"$stderr"
}

@test "panic: text is not writable" { panics write_text 'page fault'; }
@test "panic: constants are not writable" { panics write_constant 'page fault'; }
@test "panic: data is not executable" { guest faults -- execute_data; [ "$status" = 70 ]; }
@test "panic: the stack is not executable" { guest faults -- execute_stack; [ "$status" = 70 ]; }
@test "panic: nothing to read at zero" { panics read_zero 'page fault'; }
@test "panic: nothing to write at zero" { panics write_zero 'page fault'; }
@test "panic: nothing at the end of the address space" { panics read_unmapped 'page fault'; }
@test "panic: divide error" { panics divide divide; }
@test "panic: invalid opcode" { panics invalid_opcode 'invalid opcode'; }
@test "panic: general protection" { panics protection 'protection'; }
@test "panic: called by name" { panics call_panic 'test: number 7 of seven'; }
@test "panic: a broken invariant names file and line" { panics broken_invariant 'assert: .*faults.c:[0-9]*: data'; }

@test "no panic: the same program ends well" {
    guest faults -- nothing
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}
