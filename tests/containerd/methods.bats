# What of the task service ctr has no command for, logging programs, limits, and what fails around a container.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    for name in hello streams facts volumes exits; do
        image $name
    done
    box_image
}

teardown_file() {
    containerd_end
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Whatever a test did, nothing may be left of it.
teardown() {
    containers_remove
    ! mountpoint -q "$BATS_TEST_TMPDIR/small" || umount "$BATS_TEST_TMPDIR/small"
    nothing_is_left
}

# call ID METHOD FIELD...
call() {
    local socket
    socket=$(sed 's|^unix://||' "$work/state/io.containerd.runtime.v2.task/$ns/$1/address")
    timeout 120 node "$here/tests/containerd/call.mjs" "$socket" "$2" "1=$1" "${@:3}"
}

# The value of a file of a container's control group, of the first version: limit ID CONTROLLER FILE
limit() {
    cat "/sys/fs/cgroup/$2/$ns/$1/$3"
}

has_cgroup_v1() {
    [ -d /sys/fs/cgroup/memory ] || skip "limits are read from control groups of the first version"
}

stopped() {
    wait_until bash -c "ctr task ls | grep '^$1 ' | grep -q STOPPED"
}

@test "a logging program gets both streams, its arguments and the container's name" {
    cat >./logger.sh <<'END'
#!/bin/bash
cd "$(dirname "$0")"
echo "$CONTAINER_NAMESPACE $CONTAINER_ID $*" >facts
cat <&3 >out 5>&- &
cat <&4 >err 5>&- &
exec 5>&-
wait
echo over >over
END
    chmod +x logger.sh
    run_mewz -d --log-uri "binary://$PWD/logger.sh?key=a%20value&flag" localhost/streams:1 c1
    stopped c1
    wait_until test -s over
    [ "$(cat facts)" = "$ns c1 key a value flag" ]
    seq -f 'out %g' 0 999 | cmp - out
    [ "$(grep -c '^err' err)" = 1000 ]
    run run_mewz -d --log-uri "binary://$PWD/missing" localhost/streams:1 c2
    [ "$status" != 0 ]
    [[ "$output" == *"$PWD/missing: No such file or directory"* ]]
}

@test "what runs beside a machine ends by SIGINT, SIGTERM and SIGPIPE, which the shim ignores" {
    local of_container of_logger
    run run_mewz --rm localhost/box:1 c1 /bin/busybox grep SigIgn /proc/self/status
    of_container=${output#*:?}
    cat >./logger.sh <<'END'
#!/bin/bash
grep SigIgn "/proc/$$/status" >"$(dirname "$0")/ignored"
END
    chmod 755 logger.sh
    run_mewz --rm --log-uri "binary://$PWD/logger.sh" localhost/hello:1 c2
    of_logger=$(cut -f 2 ignored)
    (((16#$of_container & 16#5002) == 0))
    (((16#$of_logger & 16#5002) == 0))
}

@test "CloseIO ends the program's input" {
    mkfifo in
    exec 7<>in
    run_mewz localhost/streams:1 c1 <in >out 2>err 3>&- 7>&- &
    wait_until grep -q 'err 999' err
    [ "$(call c1 CloseIO 3:1)" = ok ]
    exec 7>&-
    wait $!
    grep -q '0 bytes, end of input seen' err
}

@test "limits of the processor and of processes, and Update, which changes them" {
    has_cgroup_v1
    run_mewz -d --cpus 0.5 --memory-limit 134217728 --annotation dev.mewz.stop=stdin localhost/streams:1 c1
    [ "$(limit c1 cpu cpu.cfs_quota_us)" = 50000 ]
    [ "$(limit c1 memory memory.limit_in_bytes)" = 134217728 ]
    [ "$(call c1 Update '2={"memory":{"limit":268435456},"cpu":{"quota":20000,"period":100000,"shares":512},"pids":{"limit":77}}')" = ok ]
    [ "$(limit c1 cpu cpu.cfs_quota_us)" = 20000 ]
    [ "$(limit c1 cpu cpu.shares)" = 512 ]
    [ "$(limit c1 memory memory.limit_in_bytes)" = 268435456 ]
    [ "$(limit c1 pids pids.max)" = 77 ]
    run call c1 Update '2={"memory":{"limit":4096}}' # the machine does not fit
    [ "$status" = 1 ]
    [[ "$output" == *memory.limit_in_bytes* ]]
    run call c1 Update '2={nonsense'
    [ "$status" = 1 ]
    [[ "$output" == *"not JSON"* ]]
    ctr task kill c1
    stopped c1
}

@test "Checkpoint, Exec and methods that nobody knows are refused with a reason" {
    run_mewz -d --annotation dev.mewz.stop=stdin localhost/streams:1 c1
    run call c1 Checkpoint
    [[ "$output" == *"a machine's state cannot be saved"* ]]
    run call c1 Exec 2=e1
    [[ "$output" == *"a machine runs one program"* ]]
    run call c1 Juggle
    [[ "$output" == *"method Juggle is not known"* ]]
    run call c1 State 2=e1
    [[ "$output" == *"has no process e1"* ]]
    [ "$(call c1 ResizePty 3:80 4:24)" = ok ]
    [ "$(call c1 Shutdown)" = ok ] # not while there is a container
    [[ "$(ctr task ls)" == *RUNNING* ]]
}

@test "settings of the boot configuration by annotation; nonsense ends the container with the kernel's words" {
    run run_mewz --rm --annotation 'dev.mewz.settings=tmp-max=4096 hostname=other' localhost/facts:1 c1 /app.wasm arguments
    [ "$status" = 0 ]
    run run_mewz --rm --annotation dev.mewz.settings=memory=nonsense localhost/volumes:1 c1 /app.wasm show / file
    [ "$status" = 70 ]
    [[ "$output" == *"the setting memory=nonsense is not DEVICE:/FOLDER"* ]]
}

@test "memory that runs out: exit code 137, and an event that says why" {
    has_cgroup_v1
    local events
    watch_events seen localhost/volumes:1
    mkdir host
    run run_mewz --memory-limit 134217728 --mount type=tmpfs,src=tmpfs,dst=/data \
        --mount "type=bind,src=$PWD/host,dst=/data/below,options=rbind" localhost/volumes:1 c1 /app.wasm fill /data
    [ "$status" = 137 ]
    wait_until grep -q /tasks/exit seen
    kill "$events"
    [[ "$(grep -o '/tasks/[a-z]*' seen | tr '\n' ' ')" == "/tasks/create /tasks/start /tasks/oom /tasks/exit "* ]]
}

@test "the server of the files killed: the program gets an error, and goes on" {
    mkdir host
    run_mewz --rm --mount "type=bind,src=$PWD/host,dst=/data,options=rbind" localhost/volumes:1 c1 \
        /app.wasm append /data >out 2>&1 3>&- &
    local client=$! status=0
    wait_until test -s host/records
    process_of virtiofsd | xargs kill -KILL
    wait $client || status=$?
    [ "$status" = 1 ]
    grep -q 'I/O error' out
}

@test "a full disk: a kernel that has no room says so and leaves nothing; a log that has none is lost from there on" {
    mkdir small
    mount -t tmpfs -o size=16k small small
    rm -rf "$MEWZ_SHIM_CACHE"
    ln -s "$PWD/small" "$MEWZ_SHIM_CACHE"
    run run_mewz --rm localhost/hello:1 c1
    rm "$MEWZ_SHIM_CACHE"
    [ "$status" != 0 ]
    [[ "$output" == *"No space left on device"* ]]
    [ -z "$(ls -A small)" ]

    run_mewz -d --log-uri "file://$PWD/small/log" localhost/streams:1 c2
    stopped c2
    run ctr task rm c2
    [ "$status" = 0 ] # the program has ended well
    grep -qx 'out 100' small/log
    [ "$(stat -c %s small/log)" -gt 8000 ]
}

@test "a terminal shows what is typed and both streams; ^C ends the program" {
    local client status=0
    mkfifo in
    exec 7<>in
    run_terminal out --rm localhost/streams:1 c1 <in >/dev/null 2>&1 3>&- 7>&- &
    client=$!
    wait_until grep -q 'err 999' out
    wait_until grep -q 'out 999' out
    printf 'typed\n' >&7
    wait_until bash -c "grep -c ^typed out | grep -qx 2" # by the terminal, and by the program
    printf '\003' >&7
    wait $client || status=$?
    exec 7>&-
    [ "$status" = 130 ]
    wait_until runs_no mewz-terminal

    run run_terminal /dev/null --rm localhost/exits:1 c1 /app.wasm 7 </dev/null
    [ "$status" = 7 ]

    # One of an ordinary container is refused.
    run run_terminal /dev/null --rm localhost/box:1 c2 </dev/null
    [ "$status" = 1 ]
    [[ "$output" == *"a terminal is only for programs in machines"* ]]
}
