#!/bin/bash
# containers.sh: what a container in a machine costs beside an ordinary one: runc running busybox. From `ctr run` to the
# first byte of output, medians of interleaved runs, and the memory of all processes of one container (PSS), the shim's
# with it. As root.
set -eu
runs=${1:-11}
BATS_TEST_DIRNAME=$(cd "$(dirname "$0")/../containerd" && pwd)
. "$BATS_TEST_DIRNAME/containerd.bash"
skip() { echo "$1"; exit 0; }
trap 'containers_remove; containerd_end' EXIT
containerd_begin
image hello
image streams
box_image

# Milliseconds to the first byte of a container's output.
first_byte() {
    local begin
    begin=$(date +%s%N)
    ctr run --rm "$@" 2>&1 | {
        head -c 1 >/dev/null
        echo $((($(date +%s%N) - begin) / 1000000))
        cat >/dev/null
    }
}

median() {
    sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

first_byte --runtime io.containerd.mewz.v1 localhost/hello:1 warm >/dev/null
for ((i = 0; i < runs; i++)); do
    first_byte --runtime io.containerd.mewz.v1 localhost/hello:1 "m$i" >>"$work/mewz"
    first_byte --runtime io.containerd.runc.v2 localhost/box:1 "r$i" /bin/busybox echo hello >>"$work/runc"
done

# KiB of proportional memory of processes.
memory() {
    cat "${@/#//proc/}" 2>/dev/null | awk '/^Pss:/ { sum += $2 } END { print sum }'
}

ctr run -d --runtime io.containerd.mewz.v1 localhost/streams:1 one
wait_until test -n "$(processes)"
mapfile -t mewz < <(processes | awk '{ print $2 "/smaps_rollup" }')
mewz_memory=$(memory "${mewz[@]}")
ctr run -d --runtime io.containerd.runc.v2 localhost/box:1 two /bin/busybox sleep 1000
mapfile -t runc < <(
    { pgrep -f "containerd-shim-runc-v2 -namespace $ns" && ctr task ls | awk '$1 == "two" { print $2 }'; } |
        sed 's|$|/smaps_rollup|'
)
printf '%-44s %6s ms   runc with busybox %6s ms\n' 'from ctr run to the first output' \
    "$(median <"$work/mewz")" "$(median <"$work/runc")"
printf '%-44s %6s KiB  runc with busybox %6s KiB\n' 'memory of one container, shim and all' \
    "$mewz_memory" "$(memory "${runc[@]}")"
