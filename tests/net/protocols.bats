# shellcheck disable=SC2016 # what runs in the namespace is quoted
# Addresses by DHCP, names by DNS, and TCP at its edges, with the other side made to behave as each test wants it.
load ../lib/guests
load ../lib/net

setup() {
    require_network
    cd "$BATS_TEST_TMPDIR"
    export LEASES=$BATS_TEST_TMPDIR/leases
}

# A lease of 6 seconds is renewed after 3.
@test "dhcp: a lease is renewed again and again, and connections last" {
    on_network 'leases give 10.0.2.15 6
        machine $GUESTS/net.elf
        mkfifo tell
        client patient <tell >told &
        patient=$!
        exec 7>tell
        asked 2 "request 10.0.2.15 again"
        [ "$(grep -c discover $LEASES.asked)" = 1 ]
        echo >&7
        wait $patient
        leave'
}

@test "dhcp: a server that is gone: the address is given up, and another one taken when there is a server again" {
    on_network 'leases give 10.0.2.15 6
        machine $GUESTS/net.elf
        leases silent
        asked 2 discover
        grep -x "request 10.0.2.15 again" $LEASES.asked
        ping -c 1 -W 1 10.0.2.15 && exit 1
        leases give 10.0.2.16 600
        GUEST=10.0.2.16 client wait
        GUEST=10.0.2.16
        leave'
}

@test "dhcp: an address that is refused when it is renewed" {
    on_network 'leases give 10.0.2.15 4
        machine $GUESTS/net.elf
        leases refuse
        asked 2 discover
        leases give 10.0.2.17 600
        export GUEST=10.0.2.17
        client wait
        leave'
}

@test "ipv6: an address by a router's advertisement" {
    on_network 'leases give 10.0.2.15 3600
        ip address add 2001:db8:7::2/64 dev tap0 nodad
        machine $GUESTS/net.elf
        address=2001:db8:7::5054:ff:fe12:3456
        advertised() { $NET/inject router tap0 1 1 && ping -6 -c 1 -W 1 $address; }
        wait_until advertised
        client echo 4 100000 2 $address
        leave'
}

@test "pcap: packets of a tap device are frames as they were on the wire" {
    on_network 'unset LEASES
        node "$NET_ROOT/tests/kernel/net.mjs" dhcp &
        serve --pcap packets
        load -c 1 -n 10 $GUEST 80 /20k
        kill $MACHINE
        wait $MACHINE || [ $? = 143 ]
        node -e "
            const file = require(\"fs\").readFileSync(\"packets\"), types = new Set();
            let largest = 0;
            for (let at = 24; at + 16 <= file.length; at += 16 + file.readUInt32LE(at + 8)) {
                types.add(file.readUInt16BE(at + 16 + 12).toString(16));
                largest = Math.max(largest, file.readUInt32LE(at + 8));
            }
            console.log([...types].sort().join(\" \"), largest);
            process.exit([...types].every((type) => [\"800\", \"806\", \"86dd\"].includes(type)) && largest === 1514 ? 0 : 1);"'
}

# Error 84 says that there is no such name, 78 that no server answers.
@test "dns: addresses of both families, aliases, short answers, wrong ones, late ones, a second server, none at all" {
    cat >wanted <<'END'
both.test 4 192.0.2.1
both.test 6 2001:db8:0:0:0:0:0:1
old.test 4 192.0.2.2
old.test 6 error 84
new.test 4 error 84
new.test 6 2001:db8:0:0:0:0:0:3
alias.test 4 192.0.2.4
alias.test 6 2001:db8:0:0:0:0:0:4
cut.test 4 192.0.2.5
cut.test 6 2001:db8:0:0:0:0:0:5
none.test 4 error 84
none.test 6 error 84
liar.test 4 192.0.2.8
liar.test 6 2001:db8:0:0:0:0:0:8
slow.test 4 192.0.2.6
second.test 4 192.0.2.7
END
    [ -z "${LONG-}" ] || echo 'silent.test 4 error 78' >>wanted
    on_network 'leases give 10.0.2.15 3600
        ip address add 10.0.2.3/24 dev tap0
        node "$NET_ROOT/tests/net/dns.mjs" >dns &
        wait_until grep -q ready dns
        mewz-cc run $GUESTS/resolves.elf --net tap:tap0 -- both.test old.test new.test alias.test cut.test none.test liar.test \
            -4 slow.test second.test $(many silent.test "") >got
        diff wanted got'
}

# A connection is asked every half second whether the other side is still there, and given up after four times without an
# answer. The times are lwIP's own otherwise: two hours, and nine times 75 seconds.
@test "tcp: connections that are kept alive, and one whose other side is gone" {
    mewz-cc link "$ROOT/build/guests/net.o" -g -o net.elf
    on_network '
        see() { gdb -batch -nx ./net.elf -ex "target remote gdb" "$@" -ex detach 2>&1 | sed -n "s/^[$]1 = //p"; }
        keep() {
            client patient keep <tell >told &
            patient=$!
            exec 7>tell
            wait_until grep -q on told
            see -ex "set var tcp_active_pcbs->keep_idle = 500" -ex "set var tcp_active_pcbs->keep_intvl = 500" \
                -ex "set var tcp_active_pcbs->keep_cnt = 4"
        }
        leases give 10.0.2.15 3600
        machine ./net.elf -gdb unix:gdb,server=on,wait=off
        mkfifo tell
        keep
        before=$(see -ex "p lwip_stats.tcp.xmit")
        has_asked() { [ "$(see -ex "p lwip_stats.tcp.xmit")" -ge $((before + 6)) ]; }
        wait_until has_asked
        echo >&7
        wait $patient
        keep
        ip link set tap0 down
        has_given_up() { [ "$(see -ex "p tcp_active_pcbs == 0")" = 1 ]; }
        wait_until has_given_up
        ip link set tap0 up
        kill $patient
        client wait
        leave'
}
