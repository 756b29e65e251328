#!/bin/bash
# bench.sh: a static file server as a machine of its own, beside the same program, and nginx, in a Linux machine.
# `make bench-http` builds what it needs.
#
# Everything runs under the same QEMU, emulated, one processor each, in a network namespace of its own. The servers take
# turns, wrk asks them, and what is compared is the medians; counts come from machines that do nothing else. Prints a
# table with the bars, and with WRITE=1 puts it into docs/ together with the picture.
#
#   ROUNDS=3 SECONDS_EACH=1 NETWORKS="tap user" PROCESSORS="max max,-erms" make bench-http
set -euo pipefail
cd "$(dirname "$0")/../../.."
if [ -z "${BENCH_WORK-}" ]; then
    # shellcheck disable=SC2155
    export BENCH_WORK=$(mktemp -d)
    trap 'rm -rf "$BENCH_WORK"' EXIT
    tests/bench/http/linux_guest.sh build/bench/linux build/net/server build/bench/bulk
    unshare --user --map-root-user --net --kill-child --pid --fork --mount-proc "$0"
    node tests/bench/http/report.mjs "$BENCH_WORK" build/bench/linux/versions ${WRITE:+docs}
    exit
fi

# --- in the namespace ---

source tests/lib/count.bash
work=$BENCH_WORK
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-1}
NETWORKS=${NETWORKS:-tap user}
PROCESSORS=${PROCESSORS:-max max,-erms}
linux_memory=256
mewz_memory=24
ulimit -n "$(ulimit -Hn)"

network() {
    ip link set lo up
    # A connection a request leaves the client thousands of ports that wait, and whoever answers fastest runs out of them.
    echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse
    echo "1024 65535" >/proc/sys/net/ipv4/ip_local_port_range
    ip tuntap add mode tap mewz0
    ip address add 10.0.2.2/24 dev mewz0
    ip link set mewz0 up
    ip tuntap add mode tap linux0
    ip address add 10.0.3.2/24 dev linux0
    ip link set linux0 up
}

# Where a server is: its address and port.
declare -A at_tap=([mewz]="10.0.2.15 80" [linux]="10.0.3.15 80" [nginx]="10.0.3.15 81" [mewz_bulk]="10.0.2.15 82" [linux_bulk]="10.0.3.15 82")
declare -A at_user=([mewz]="127.0.0.1 8080" [linux]="127.0.0.1 8090" [nginx]="127.0.0.1 8091")

# start NAME PROCESSOR NETDEV QEMU-OPTION...: a machine; its number is in $started.
start() {
    local name=$1 processor=$2 netdev=$3
    shift 3
    qemu-system-x86_64 -M q35 -accel tcg -cpu "$processor" -nodefaults -no-user-config -no-reboot -display none \
        -serial "file:$work/$name.serial" -netdev "$netdev" \
        -device virtio-net-pci,disable-legacy=on,romfile=,netdev=net "$@" 2>"$work/$name.errors" &
    started=$!
}

start_mewz() { # PROCESSOR tap|user ELF QEMU-OPTION...
    local processor=$1 netdev=user,id=net,hostfwd=tcp:127.0.0.1:8080-:80 elf=$3
    [ "$2" = user ] || netdev=tap,id=net,ifname=mewz0,script=no,downscript=no
    shift 3
    start mewz "$processor" "$netdev" -m "$mewz_memory" -kernel "$elf" "$@"
    mewz=$started
}

start_linux() { # PROCESSOR tap|user QEMU-OPTION...
    local processor=$1 address=10.0.3.15 netdev=tap,id=net,ifname=linux0,script=no,downscript=no
    if [ "$2" = user ]; then
        netdev=user,id=net,hostfwd=tcp:127.0.0.1:8090-:80,hostfwd=tcp:127.0.0.1:8091-:81
        address=10.0.2.15
    fi
    shift 2
    start linux "$processor" "$netdev" -m $linux_memory -kernel build/bench/linux/vmlinuz \
        -initrd build/bench/linux/initrd -append "console=ttyS0 quiet ADDRESS=$address" "$@"
    linux=$started
}

stop() {
    kill "$@"
    wait "$@" 2>/dev/null || true # by the signal
}

# succeeds COMMAND: waits until it does.
succeeds() {
    local try
    for ((try = 0; try < 1000; try++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.02
    done
    echo "bench-http: never succeeded: $*" >&2
    cat "$work"/*.errors "$work"/*.serial >&2
    return 1
}

answers() { # ADDRESS PORT
    succeeds timeout 0.2 build/net/load "$1" "$2" /1k
}

# ask SERVER NETWORK PATH KEEP|CLOSE CONNECTIONS: prints requests a second.
ask() {
    local -n where=at_$2
    local address port close=()
    read -r address port <<<"${where[$1]}"
    [ "$4" = keep ] || close=(-H 'Connection: close')
    wrk -t 1 -c "$5" -d "${SECONDS_EACH}s" "${close[@]}" "http://$address:$port$3" >"$work/wrk"
    # What wrk counts as errors of reading are connections that end, which is what closing is.
    if grep -q 'Non-2xx' "$work/wrk" || { [ "$4" = keep ] && grep -q 'Socket errors' "$work/wrk"; }; then
        sed "s/^/bench-http: $*: /" "$work/wrk" >&2
    fi
    awk '/^Requests\/sec/ { print $2 }' "$work/wrk"
}

measure_requests() { # PROCESSOR NETWORK
    local -n places=at_$2
    local path kind connections round server
    start_mewz "$1" "$2" build/bench/server.elf
    start_linux "$1" "$2"
    for server in mewz linux nginx; do
        # shellcheck disable=SC2086
        answers ${places[$server]}
    done
    for path in /1k /20k /1m; do
        for kind in keep close; do
            for connections in 1 16 256; do
                for ((round = 0; round < ROUNDS; round++)); do
                    for server in mewz linux nginx; do
                        echo "requests $1 $2 $path $kind $connections $server $(ask "$server" "$2" "$path" "$kind" "$connections")"
                    done
                done
            done
        done
    done
    stop "$mewz" "$linux"
}

# The kernel's file of results: "count PROCESSOR PATH KIND CONNECTIONS SERVER INSTRUCTIONS KICKS INTERRUPTS".
count_of() { # FOLDER PROCESSOR SERVER PATH KIND CONNECTIONS REQUESTS
    local address port before
    read -r address port <<<"${at_tap[$3]}"
    local options=(-c "$6")
    [ "$5" = keep ] || options+=(-k)
    build/net/load "${options[@]}" -n $(($7 / 10 + $6)) "$address" "$port" "$4" >/dev/null
    before=$(counts "$1")
    build/net/load "${options[@]}" -n "$7" "$address" "$port" "$4" >/dev/null
    echo "count $2 $4 $5 $6 $3 $(each "$7" "$before" "$(counts "$1")")"
}

measure_counts() { # PROCESSOR
    local -A requests=([/1k]=4000 [/20k]=1000 [/1m]=50)
    local path kind connections server
    mkdir -p "$work/counts_mewz" "$work/counts_linux"
    # shellcheck disable=SC2046
    start_mewz "$1" tap build/bench/server.elf $(counting "$work/counts_mewz")
    # shellcheck disable=SC2046
    start_linux "$1" tap $(counting "$work/counts_linux")
    for server in mewz linux nginx; do
        # shellcheck disable=SC2086
        answers ${at_tap[$server]}
    done
    for path in /1k /20k /1m; do
        for kind in keep close; do
            for connections in 1 16; do
                for server in mewz linux nginx; do
                    local folder=$work/counts_linux
                    [ $server != mewz ] || folder=$work/counts_mewz
                    count_of "$folder" "$1" $server $path $kind $connections "${requests[$path]}"
                done
            done
        done
    done
    stop "$mewz" "$linux"
}

# QEMU is slow to write to a page on which it has ever translated code, and in a machine of 24 MiB the buffers come to lie
# where the firmware was: a quarter of the speed. That is the emulation's, so this machine is larger.
measure_bulk() { # PROCESSOR
    local round way server mewz_memory=64
    start_mewz "$1" tap build/bench/bulk.elf
    start_linux "$1" tap
    # shellcheck disable=SC2086
    answers ${at_tap[nginx]}
    # shellcheck disable=SC2086
    succeeds build/bench/bulk_client up ${at_tap[mewz_bulk]} 1
    for ((round = 0; round < ROUNDS; round++)); do
        for way in up down; do
            for server in mewz linux; do
                # shellcheck disable=SC2086
                echo "bulk $1 $way $server $(build/bench/bulk_client $way ${at_tap[${server}_bulk]} 256)"
            done
        done
    done
    stop "$mewz" "$linux"
}

# Milliseconds from the start of QEMU to the first answer.
measure_start() {
    local round begin
    for ((round = 0; round < ROUNDS; round++)); do
        begin=$(date +%s%N)
        start_mewz max tap build/bench/server.elf
        # shellcheck disable=SC2086
        answers ${at_tap[mewz]}
        echo "start mewz $((($(date +%s%N) - begin) / 1000000))"
        stop "$mewz"
        begin=$(date +%s%N)
        start_linux max tap
        # shellcheck disable=SC2086
        answers ${at_tap[linux]}
        echo "start linux $((($(date +%s%N) - begin) / 1000000))"
        stop "$linux"
    done
}

sizes() {
    bin/mewz-cc build -v build/net/server.wasm -o "$work/sized.elf" 2>&1 |
        awk '/system in all/ { print "kernel_size", int(($4 + $5 + 1023) / 1024) }'
    echo "image_size mewz $(stat -c %s build/bench/server.elf)"
    echo "image_size linux $(($(stat -c %s build/bench/linux/vmlinuz) + $(stat -c %s build/bench/linux/initrd)))"
    echo "memory mewz $mewz_memory"
    echo "memory linux $linux_memory"
}

network
{
    sizes
    measure_start
    for processor in $PROCESSORS; do
        measure_counts "$processor"
        measure_bulk "$processor"
        for network in $NETWORKS; do
            measure_requests "$processor" "$network"
        done
    done
} | tee "$work/results"
