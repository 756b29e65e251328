# shellcheck disable=SC2016 # other programs expand those
# What the kernel counts, as `mewz-cc run` shows it.
load ../lib/guests

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "$machine" ] || kill "$machine" || :
}

# start FILE OPTION...: a machine whose program says a line; $machine is `mewz-cc run`.
start() {
    mkfifo says
    mewz-cc run "$@" >says 2>>numbers 3>&- &
    machine=$!
    exec 8<says
    read -r -t 60 -u 8 line
}

# numbers LAST: asks, and waits for the last number.
numbers() {
    : >numbers
    kill -USR1 "$machine"
    wait_until grep -q "^$1 " numbers
}

number() {
    awk -v name="$1" '$1 == name { print $2 }' numbers
}

@test "metrics: requests are counted, and connections and memory come back" {
    local port
    port=$(free_port)
    start "$ROOT/build/net/server.elf" -p "$port:80"
    numbers udp.checksum_errors
    [ "$(number tcp.connections_accepted)" = 0 ] && [ "$(number tcp.sockets)" = 1 ]
    objects=$(number net.memory.objects)
    "$ROOT/build/net/load" -c 8 -n 400 127.0.0.1 "$port" /20k
    numbers udp.checksum_errors
    cat numbers
    [ "$(number tcp.connections_accepted)" = 8 ]
    [ "$(number net.bytes_sent)" -gt $((400 * 20480)) ] && [ "$(number tcp.segments_sent)" -gt 400 ]
    [ "$(number net.memory.pages)" -le "$(number net.memory.pages_limit)" ]
    [ "$(number memory.pages_free)" -lt "$(number memory.pages)" ]
    # QEMU's network ends its side of the connections by itself.
    has_settled() {
        numbers udp.checksum_errors
        [ "$(number tcp.sockets)" = 1 ] && [ "$(number net.memory.objects)" -le $((objects + 16)) ]
    }
    wait_until has_settled
    [ "$(number tcp.connections_reset)" = 0 ]
}

@test "metrics: of a disk image, and of a program that computes" {
    mewz-cc build "$ROOT/build/guests/computes.wasm" -o computes.img
    start computes.img
    numbers udp.checksum_errors
    [ "$(number memory.pages)" -gt 100000 ]
}

@test "metrics: a program without sockets has none of the network" {
    mkfifo in
    mewz-cc run "$GUESTS/streams.elf" -- cat <in >/dev/null 2>>numbers 3>&- &
    machine=$!
    exec 7>in
    wait_until grep -q "^err 999" numbers
    numbers memory.pages_promised
    run ! grep -E '^(net|tcp|udp|ip)' numbers
    exec 7>&-
}

# The signal comes as soon as there is a handler for it: while the module is still compiled.
@test "metrics: who asks before the machine has started is told when it has" {
    : >numbers
    mewz-cc run "$ROOT/build/guests/computes.wasm" >/dev/null 2>>numbers 3>&- &
    machine=$!
    wait_until grep -qx mewz-cc "/proc/$machine/comm" # bash has handlers of its own
    wait_until grep -q "^SigCgt:.*[2367abef]..$" "/proc/$machine/status"
    kill -USR1 "$machine"
    wait_until grep -q "^udp.checksum_errors " numbers
    kill -0 "$machine"
}
