# containerd.bash: a containerd for one test file: its own root, state and sockets in a temporary folder, and a namespace
# of its own, by which what it leaves behind is found.
#
# For files that are run as root: without it there are no containers.

here=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export MEWZ_ACCEL=tcg

# Begins in setup_file; $work is the folder, $ns containerd's namespace.
containerd_begin() {
    [ "$(id -u)" = 0 ] || skip "containers need root"
    work=$(mktemp -d /tmp/mewz-containerd.XXXXXX)
    chmod 711 "$work"
    ns=t${work##*.}
    export work ns MEWZ_SHIM_CACHE=$work/cache
    export CONTAINERD_ADDRESS=$work/c.sock CONTAINERD_NAMESPACE=$ns
    cat >"$work/config.toml" <<END
version = 2
root = "$work/root"
state = "$work/state"
[grpc]
  address = "$work/c.sock"
[ttrpc]
  address = "$work/c.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "$work/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mewz]
  runtime_type = "io.containerd.mewz.v1"
  pod_annotations = ["dev.mewz.*"]
  container_annotations = ["dev.mewz.*"]
END
    containerd_start
}

# With $CONTAINERD_NETWORK in the network namespace of that name. (Not by `ip netns exec`, which hides control groups.)
# With $CONTAINERD_CGROUP2 it sees control groups of the second version only.
containerd_start() {
    local view=()
    # shellcheck disable=SC2016 # for the inner shell
    [ -z "${CONTAINERD_CGROUP2-}" ] ||
        view=(unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' -)
    PATH=$here/bin:$PATH nsenter ${CONTAINERD_NETWORK:+--net="/run/netns/$CONTAINERD_NETWORK"} \
        "${view[@]}" containerd -c "$work/config.toml" >>"$work/containerd.log" 2>&1 3>&- &
    echo $! >"$work/containerd.pid"
    wait_until ctr version
}

# Ends it by SIGKILL, as if the machine had lost it.
containerd_kill() {
    local pid
    pid=$(cat "$work/containerd.pid")
    kill -KILL "$pid"
    wait_until is_gone "$pid"
}

# Removes everything, which has to be nothing but containerd itself.
containerd_end() {
    local pid
    [ -n "${work-}" ] || return 0
    pid=$(cat "$work/containerd.pid")
    kill "$pid"
    wait_until is_gone "$pid"
    rmdir /sys/fs/cgroup/*/"$ns" 2>/dev/null || true # of the controllers that have one
    rm -rf "$work"
}

is_gone() {
    [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

# Runs a command until it succeeds; if it does not within a minute, says what there was instead.
wait_until() {
    timeout 60 bash -c "$(declare -f is_gone leftovers processes process_of is_clean runs_no)"'; until "$@" >/dev/null 2>&1; do read -rt 0.05 <> <(:) || :; done' - "$@" ||
        report_wait "$@"
}

# What tells why a wait was in vain: tasks, the test's processes and where they wait, and the ends of its files and of
# containerd's log. It fails, as the wait has.
report_wait() {
    local pids file
    echo "in vain for a minute: $*"
    timeout 10 ctr task ls || true # containerd may be what hangs
    pids=$(grep -lzsFx "CONTAINERD_NAMESPACE=$ns" /proc/[0-9]*/environ | cut -d / -f 3 | paste -sd ,)
    ps -o pid,ppid,pgid,tty,stat,pending,blocked,wchan:24,args --cols 200 -p "$pids"
    for file in ./*; do
        [ ! -f "$file" ] || { echo "$file ends:" && tail -c 1000 "$file" | cat -v; }
    done
    echo "containerd's log ends:"
    tail -n 20 "$work/containerd.log" | cut -c 1-300
    return 1
}

# The processes of this containerd's shims, their tasks and networks, QEMUs and servers of files.
processes() {
    grep -lzsFx "CONTAINERD_NAMESPACE=$ns" /proc/[0-9]*/environ 2>/dev/null |
        while IFS=/ read -r _ _ pid _; do
            ! grep -qsE '^(containerd-shim|mewz-|qemu-|virtiofsd)' "/proc/$pid/comm" || echo "process $pid $(cat "/proc/$pid/comm")"
        done
}

# Whatever containers leave behind: processes, mounts, control groups, sockets, interfaces.
leftovers() {
    processes
    grep -F "$work/state" /proc/self/mounts | grep -v ' nsfs ' || true # grep fails where there is none
    find /sys/fs/cgroup -path "*/$ns/*" -type d 2>/dev/null
}

# The processes of those that have a name like that.
process_of() {
    processes | awk -v name="$1" '$3 ~ name { print $2 }'
}

# For wait_until, which asks them again and again.
runs_no() {
    [ -z "$(process_of "$1")" ]
}

is_clean() {
    [ -z "$(leftovers)" ]
}

# Waits until nothing is left, or says what is.
nothing_is_left() {
    wait_until is_clean || { leftovers; return 1; }
}

# Writes containerd's events to FILE from now on, until $events is ended: watch_events FILE IMAGE
watch_events() {
    ctr events >"$1" 3>&- &
    events=$!
    # Who has just begun to listen may miss one, so that there is one again and again until it is heard.
    wait_until bash -c "ctr image label '$2' heard=\$RANDOM && grep -q /images/update '$1'"
}

# Removes all containers, also those of a test that failed in the middle.
containers_remove() {
    local id
    for id in $(ctr task ls -q); do
        ctr task rm -f "$id" >/dev/null 2>&1 || true # with the status of the task
    done
    for id in $(ctr c ls -q); do
        ctr c rm "$id" >/dev/null 2>&1 || true # one with --rm may just go; nothing_is_left has the last word
    done
}

# An image with one program from build/guests: image NAME [PLATFORM], as localhost/NAME:1; what a test put into
# $work/image-NAME is beside it.
image() {
    local folder=$work/image-$1
    mkdir -p "$folder"
    cp "$here/build/guests/$1.wasm" "$folder/app.wasm"
    "$here/tests/containerd/image.sh" "$folder" "localhost/$1:1" "$work/$1.tar" "${2:-linux/amd64}" /app.wasm
    ctr image import ${2:+--platform "$2"} "$work/$1.tar" >/dev/null
}

# A server of files, as localhost/files:1.
files_image() {
    mkdir -p "$work/image-files"
    cp "$here/build/net/server.wasm" "$work/image-files/app.wasm"
    "$here/tests/containerd/image.sh" "$work/image-files" localhost/files:1 "$work/files.tar" linux/amd64 /app.wasm
    ctr image import "$work/files.tar" >/dev/null
}

# An image with an ordinary Linux program, as localhost/box:1.
box_image() {
    mkdir -p "$work/image-box/bin"
    cp /usr/bin/busybox "$work/image-box/bin/busybox"
    "$here/tests/containerd/image.sh" "$work/image-box" localhost/box:1 "$work/box.tar" linux/amd64 /bin/busybox
    ctr image import "$work/box.tar" >/dev/null
}

# ctr run with the mewz runtime: run_mewz OPTION... IMAGE ID ...
run_mewz() {
    timeout -k 5 300 ctr run --runtime io.containerd.mewz.v1 "$@"
}

# The same with a terminal, and what that shows as FILE: run_terminal FILE OPTION... IMAGE ID ...
# In the foreground, which `timeout` leaves of itself wherever a shell is between it and the terminal: from behind, ctr
# would be stopped for setting the terminal's mode.
run_terminal() {
    script -qefc "timeout --foreground -k 5 300 ctr run -t --runtime io.containerd.mewz.v1 ${*:2}" "$1"
}
