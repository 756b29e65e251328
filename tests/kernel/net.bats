# shellcheck disable=SC2016 # what runs in the namespace is quoted
# The kernel's network: a native program (native/net.c) that echoes, over a tap device in a network namespace.
# A few objects come and go by themselves: frames on their way, an entry of a neighbour.
load ../lib/guests
load ../lib/net

setup() { require_network; }

@test "net: an address by DHCP, ping over IPv4 and IPv6" {
    on_network 'machine $GUESTS/net.elf
        ping -c 3 -i 0.2 -W 2 $GUEST
        ping -6 -c 3 -i 0.2 -W 2 $GUEST6
        leave'
}

@test "net: a thousand connections, and nothing is left of them" {
    on_network 'machine $GUESTS/net.elf
        client echo 50 3000 10
        client memory >"$BATS_TEST_TMPDIR/before"
        client echo 1000 3000 50
        client memory >"$BATS_TEST_TMPDIR/after"
        leave
        read -r objects pages _ <"$BATS_TEST_TMPDIR/before"; read -r objects_after pages_after _ <"$BATS_TEST_TMPDIR/after"
        echo "$objects objects in $pages pages before, $objects_after in $pages_after after"
        [ "$objects_after" -le $((objects + 8)) ] && [ "$pages_after" -le $((pages + 128)) ]'
}

@test "net: much data there and back, over IPv4 and IPv6" {
    on_network 'machine $GUESTS/net.elf
        client echo 2 5000000 2
        client echo 2 5000000 2 $GUEST6
        leave'
}

@test "net: datagrams of all sizes, in fragments too" {
    on_network 'machine $GUESTS/net.elf
        for size in 1 100 1472 1473 9000 60000; do client udp 5 $size; done
        leave'
}

@test "net: connections that are reset" {
    on_network 'machine $GUESTS/net.elf
        client reset 30
        client memory >"$BATS_TEST_TMPDIR/before"
        client reset 150
        client memory >"$BATS_TEST_TMPDIR/after"
        leave
        read -r objects _ <"$BATS_TEST_TMPDIR/before"; read -r objects_after _ <"$BATS_TEST_TMPDIR/after"
        [ "$objects_after" -le $((objects + 8)) ]'
}

@test "net: memory that runs out refuses, and comes back" {
    on_network 'export MEMORY=24
        machine $GUESTS/net.elf
        client memory >"$BATS_TEST_TMPDIR/before"
        client hog 60
        client memory >"$BATS_TEST_TMPDIR/after"
        client echo 10 100000 5
        leave
        read -r objects _ <"$BATS_TEST_TMPDIR/before"; read -r objects_after _ <"$BATS_TEST_TMPDIR/after"
        echo "$objects objects before, $objects_after after"
        [ "$objects_after" -le $((objects + 8)) ]'
}

@test "net: a card without any offload, and one on PCI" {
    on_network 'export CARD=csum=off,guest_csum=off,mrg_rxbuf=off,event_idx=off,status=off
        machine $GUESTS/net.elf
        client echo 20 50000 5
        leave'
    on_network 'export TYPE=q35
        machine $GUESTS/net.elf
        client echo 20 50000 5
        leave'
}

# 1400 bytes of packet are 1360 of a segment.
@test "net: a card that says how large packets may be" {
    on_network 'export CARD=host_mtu=1400
        cd "$BATS_TEST_TMPDIR"
        machine $GUESTS/net.elf
        mkfifo tell
        client patient <tell >told &
        patient=$!
        exec 7>tell
        wait_until grep -q on told
        ss -tin | grep " mss:1360 "
        echo >&7
        wait $patient
        client udp 3 9000
        leave'
}

@test "net: a card on PCI that cannot interrupt" {
    on_network 'export TYPE=q35 CARD=vectors=0
        machine $GUESTS/net.elf
        client echo 20 50000 5
        leave'
}

@test "net: a cable that is pulled out and plugged in again, with a connection that lasts" {
    on_network 'cd "$BATS_TEST_TMPDIR"
        machine $GUESTS/net.elf -monitor unix:monitor,server=on,wait=off
        mkfifo tell
        client patient <tell >told &
        patient=$!
        exec 7>tell
        wait_until grep -q on told
        client monitor monitor "set_link net off"
        ping -c 3 -i 0.5 -W 1 $GUEST && exit 1
        client monitor monitor "set_link net on"
        client wait
        echo >&7
        wait $patient
        leave'
}

# A device is made to fail by what it cannot forgive: an index far beyond its ring (virtio 1.2, section 2.1.2).
@test "net: a card that fails is started again, and connections last" {
    mewz-cc link "$ROOT/build/guests/net.o" -g -o "$BATS_TEST_TMPDIR/net.elf"
    on_network 'cd "$BATS_TEST_TMPDIR"
        machine ./net.elf -gdb unix:gdb,server=on,wait=off
        mkfifo tell
        client patient <tell >told &
        patient=$!
        exec 7>tell
        wait_until grep -q on told
        client memory >before
        for queue in transmit receive transmit; do
            gdb -batch -nx ./net.elf -ex "target remote gdb" -ex "set var net_link.card.$queue.avail->index += 5000" \
                -ex "set var net_link.card.$queue.next_avail += 5000" -ex detach >gdb.log 2>&1
            wait_until ping -c 1 -W 1 $GUEST
        done
        echo >&7
        wait $patient
        client echo 20 50000 5
        client memory >after
        leave
        read -r objects _ <before; read -r objects_after _ <after
        echo "$objects objects before, $objects_after after"
        [ "$objects_after" -le $((objects + 8)) ]'
}

@test "net: the end of the program is the end of its connections" {
    on_network 'cd "$BATS_TEST_TMPDIR"
        machine $GUESTS/net.elf
        client outlive >told &
        outlive=$!
        wait_until grep -q on told
        leave
        wait $outlive'
}

# What a program has sent before it ended arrives. Its listening socket has a backlog of 8; the other connections are not made before it accepts again.
@test "net: a program that computes keeps its network, and its registers" {
    on_network 'cd "$BATS_TEST_TMPDIR"
        mewz-cc run $GUESTS/computes.elf --net tap:tap0 -- $(many 30 12) 12 >out &
        machine=$!
        wait_until grep -q computing out
        wait_until ping -c 1 -W 1 $GUEST
        client crowd 12 8 100000 &
        crowd=$!
        ping -c $(many 28 8) -i $(many 1 0.2) -W 10 $GUEST | tee pings
        grep " 0% packet loss" pings
        grep same out && exit 1 # else it was not computing
        wait $crowd
        wait $machine
        grep "^the same" out'
}
