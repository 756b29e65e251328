# net.bash: machines with a network card, on a network of their own. Loaded by bats files.
#
#   on_network COMMAND     runs the bash text in a new network namespace, in which a tap device leads to the machine's
#                          card; the host's end is 10.0.2.2 and fe80::2. These are for use in there:
#   machine ELF [OPTION...]  starts QEMU with that kernel; options go to QEMU, $TYPE is its -M, $CARD the card's options.
#                          It gets $GUEST by DHCP and has $GUEST6 by its MAC address. Waits for it to
#                          answer, or with $WAIT instead
#   leases WORD...         makes the server of addresses do so from now on (tests/net/dhcp.mjs), where $LEASES is a file's name
#   asked COUNT LINE       waits until it has been asked so often for that
#   leave                  asks the program to end; fails unless the machine ends with it
#   client MODE [ARG...]   tests/kernel/net.mjs
#   serve [OPTION...]      `mewz-cc run` of the server of files; options are its own, $MEMORY its memory
#   numbers                asks it for what the kernel has counted; then `number NAME` prints one
#   wait_for_server        waits until a server of files answers on port 80
#   load ...               tests/net/load.c
#   many LONG SHORT        the one for `make check-net`, the other for `make check`
NET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NET=$NET_ROOT/build/net
source "$NET_ROOT/tests/lib/wait.bash"

require_network() {
    [ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
    timeout 60 unshare --user --map-root-user --net ip tuntap add mode tap tap0 2>/dev/null ||
        skip "no tap devices in namespaces"
}

on_network() {
    export GUESTS BATS_TEST_TMPDIR NET LONG
    run --separate-stderr timeout "${NET_TIMEOUT:-300}" unshare --user --map-root-user --net --kill-child --pid --fork \
        bash -euc "source $NET_ROOT/tests/lib/net.bash; set_up_network; $1"
    # shellcheck disable=SC2154
    printf 'status %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = 0 ]
}

# --- in the namespace ---

GUEST=10.0.2.15
GUEST6=fe80::5054:ff:fe12:3456%tap0
export GUEST GUEST6

set_up_network() {
    ip link set lo up
    ip tuntap add mode tap tap0
    ip address add 10.0.2.2/24 dev tap0
    ip address add fe80::2/64 dev tap0 nodad
    ip link set tap0 up
    [ -n "${LEASES-}" ] || node "$NET_ROOT/tests/kernel/net.mjs" dhcp &
}

leases() {
    echo "$*" >"$LEASES"
    [ ! -e "$LEASES.asked" ] || return 0
    node "$NET_ROOT/tests/net/dhcp.mjs" "$LEASES" >"$LEASES.asked" &
    asked 1 ready
}

asked() {
    wait_until was_asked "$@" || { cat "$LEASES.asked" >&2; return 1; }
}

was_asked() {
    [ "$(grep -cxF "$2" "$LEASES.asked")" -ge "$1" ]
}

client() {
    timeout "${NET_TIMEOUT:-200}" node "$NET_ROOT/tests/kernel/net.mjs" "$@"
}

many() {
    [ -n "${LONG-}" ] && echo "$1" || echo "$2"
}

# Not `load` by itself: bats has a function of that name.
load() {
    timeout "${NET_TIMEOUT:-200}" "$NET/load" "$@"
}

wait_for_server() {
    wait_until load "$GUEST" 80 /1k
}

serve() {
    : >"$BATS_TEST_TMPDIR/numbers"
    mewz-cc run "$NET/server.elf" -m "${MEMORY:-64}" --net "tap:${INNER:-tap0}" --mac 52:54:00:12:34:56 "$@" \
        >/dev/null 2>>"$BATS_TEST_TMPDIR/numbers" </dev/null &
    MACHINE=$!
    wait_for_server
}

numbers() {
    : >"$BATS_TEST_TMPDIR/numbers"
    kill -USR1 "$MACHINE"
    wait_until grep -q "^udp.checksum_errors " "$BATS_TEST_TMPDIR/numbers"
}

number() {
    awk -v name="$1" '$1 == name { print $2 }' "$BATS_TEST_TMPDIR/numbers"
}

# settle: waits until only the listening socket is left, and no more objects than BEFORE and some.
settle() {
    wait_until has_settled "$1" || { cat "$BATS_TEST_TMPDIR/numbers"; return 1; }
}

has_settled() {
    numbers
    [ "$(number tcp.sockets)" = 1 ] && [ "$(number net.memory.objects)" -le $(($1 + 300)) ]
}

machine() {
    local elf=$1 type=${TYPE:-microvm,acpi=off} card=virtio-net-device
    shift
    case $type in
    microvm*) ;;
    *) card=virtio-net-pci,disable-legacy=on ;;
    esac
    qemu-system-x86_64 -M "$type" -accel tcg -cpu max -m "${MEMORY:-64}" -nodefaults -no-user-config -no-reboot \
        -display none -kernel "$elf" -serial stdio -device isa-debug-exit,iobase=0x501,iosize=1 \
        -global virtio-mmio.force-legacy=false -netdev "tap,id=net,ifname=${INNER:-tap0},script=no,downscript=no" \
        -device "$card,netdev=net,mac=52:54:00:12:34:56${CARD:+,$CARD}" "$@" </dev/null &
    MACHINE=$!
    ${WAIT:-client wait}
}

leave() {
    client quit
    wait "$MACHINE" || [ $? = 1 ] # isa-debug-exit's code for 0
}
