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
        asked 3 "request 10.0.2.15 again"
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
