# shellcheck disable=SC2016 # what runs in the namespace is quoted
# A server of files that a bad world talks to. It must lose nothing, keep nothing, and go on serving; what it holds is
# counted before and after (docs/metrics.md). `make check-net` runs the long form: LONG=1.
load ../lib/guests
load ../lib/net

setup() {
    require_network
    export NET_TIMEOUT=${LONG:+1500}
    NET_TIMEOUT=${NET_TIMEOUT:-400}
}

# robust TEXT: with a server that has 64 MiB; $many is how often, $before what it holds at first.
robust() {
    on_network '
        serve
        load -c 16 -n 2000 $GUEST 80 /1k
        numbers
        before=$(number net.memory.objects) pages=$(number net.memory.pages)
        '"$1"'
        load -c 4 -n 100 $GUEST 80 /20k
        settle "$before"
        echo "$before objects in $pages pages before, $(number net.memory.objects) in $(number net.memory.pages) after"
        [ "$(number net.memory.pages)" -le $((pages + 150)) ]'
}

@test "robust: requests over connections that stay, and over new ones" {
    robust 'load -c 16 -n $(many 800000 20000) $GUEST 80 /1k
        load -c 16 -k -n $(many 200000 5000) $GUEST 80 /1k'
}

@test "robust: a thousand idle connections and 200 slow ones beside live ones" {
    robust 'load -i 1000 -s 200 -c 16 -n $(many 50000 3000) $GUEST 80 /1k'
}

@test "robust: connections from a port whose last one the server remembers" {
    robust 'client again $(many 5000 300)'
}

@test "robust: resets at every point" {
    robust 'load -c 1 -k -n 10 $GUEST 80 /20k
        for i in $(seq $(many 50 1)); do
            $NET/resets $GUEST 80 /1k 100
            $NET/resets $GUEST 80 /1m 30000
        done'
}

@test "robust: a flood of beginnings, during which others are served" {
    robust 'frames=$(number net.frames_received)
        $NET/inject flood tap0 $(many 1000000 15000) 1 &
        flood=$!
        load -c 4 -n $(many 20000 500) $GUEST 80 /1k
        wait $flood
        numbers
        [ $(($(number net.frames_received) - frames)) -gt $(many 900000 13500) ]'
}

@test "robust: malformed frames of all protocols" {
    robust 'frames=$(number net.frames_received)
        $NET/inject malformed tap0 $(many 1000000 30000) ${SEED:-$RANDOM} &
        load -c 4 -n 200 $GUEST 80 /1k || true # an answer of ARP among the frames may have sent it elsewhere
        wait $!
        numbers
        ip neigh flush dev tap0
        cat "$BATS_TEST_TMPDIR/numbers"
        [ $(($(number net.frames_received) - frames)) -gt $(many 900000 27000) ]
        [ "$(number ip.checksum_errors)" -gt 100 ] && [ "$(number tcp.checksum_errors)" -gt 10 ]'
}

@test "robust: frames that are lost, doubled, damaged and overtaken" {
    on_network 'mkfifo "$BATS_TEST_TMPDIR/relay"
        ip link set tap0 down
        ip tuntap del mode tap tap0
        ip tuntap add mode tap inner
        ip link set inner addrgenmode none up
        $NET/relay tap0 inner >"$BATS_TEST_TMPDIR/relay" &
        read -r line <"$BATS_TEST_TMPDIR/relay"
        ip address add 10.0.2.2/24 dev tap0
        ip address add fe80::2/64 dev tap0 nodad
        ip link set tap0 up
        node "$NET_ROOT/tests/kernel/net.mjs" dhcp &
        export INNER=inner CARD=csum=off,guest_csum=off,gso=off
        machine $GUESTS/net.elf
        client echo $(many 20 8) $(many 200000 50000) 4
        client udp 1 1 || true # a datagram may be among what is lost
        client echo 4 $(many 2000000 200000) 4 $GUEST6
        leave'
}

@test "robust: memory that connections use up is refused, not crashed for" {
    on_network 'export MEMORY=24
        serve
        load -c 4 -n 100 $GUEST 80 /1k
        numbers
        before=$(number net.memory.objects)
        # Readers of a large file that never read: each may hold half a megabyte.
        mkfifo "$BATS_TEST_TMPDIR/tell"
        node -e '\''
            const net = require("net");
            const sockets = [];
            for (let i = 0; i < 300; i++) {
                const socket = net.connect(80, process.env.GUEST, () => socket.write("GET /1m HTTP/1.1\r\n\r\n"));
                socket.on("error", () => {}).pause();
                sockets.push(socket);
            }
            process.stdin.on("end", () => { sockets.forEach((socket) => socket.resetAndDestroy()); process.exit(0); }).resume();
            '\'' <"$BATS_TEST_TMPDIR/tell" &
        exec 7>"$BATS_TEST_TMPDIR/tell"
        is_used_up() {
            numbers
            held=$(number net.memory.pages) limit=$(number net.memory.pages_limit)
            [ "$held" -gt $((limit * 7 / 10)) ]
        }
        wait_until is_used_up
        echo "$held pages of $limit held"
        [ "$held" -le "$limit" ]
        exec 7>&-
        wait $!
        settle "$before"
        load -c 4 -n 100 $GUEST 80 /20k'
}
