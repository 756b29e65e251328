# Exceptions of wasm in the unikernel and on Linux.
load ../lib/guests

@test "exceptions: a million, and one through 100,000 frames" {
    process exceptions
    [ "$status" = 0 ]
    guest exceptions
    [ "$status" = 0 ]
    [ -z "$output$stderr" ]
}

@test "exceptions: one that nobody catches is a trap at the throw" {
    local system
    for system in guest process; do
        if [ $system = guest ]; then guest exceptions -- u; else process exceptions u; fi
        [ "$status" = 134 ]
        [ "$(head -n 1 <<<"$stderr")" = "exceptions.wasm: trap: uncaught exception" ]
        grep -Eq '^ +at 0x[0-9a-f]+ in throw_pair(, inlined in _start)?$' <<<"$stderr"
    done
}
