# The end of the program's stack, where the kernel works on the same stack.
load ../lib/guests

@test "stack: a WASI call that comes to its end finishes before the program traps" {
    guest recursion
    [ "$status" = 134 ]
    [ "$(head -n 1 <<<"$stderr")" = "recursion.wasm: trap: call stack exhausted" ]
    grep -q 'in recurse' <<<"$stderr"
    [[ $output =~ ^\.+$ ]]
    # The depth does not depend on where the kernel was.
    local before=$output
    guest recursion
    [ "$output" = "$before" ]
}
