# Containers through containerd's own client: what a user of `ctr` sees.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    for name in hello exits streams traps facts; do
        image $name
    done
}

teardown_file() {
    containerd_end
}

# Whatever a test did, nothing may be left of it.
teardown() {
    containers_remove
    nothing_is_left
}

@test "a module prints, and nothing else comes from its machine" {
    run --separate-stderr run_mewz --rm localhost/hello:1 c1
    [ "$status" = 0 ]
    [ "$output" = hello ]
    [ -z "$stderr" ]
}

@test "exit codes are exact" {
    local code
    for code in 0 1 70 134 255; do
        run run_mewz --rm localhost/exits:1 c1 /app.wasm $code
        [ "$status" = $code ]
    done
}

@test "stdout and stderr are apart, and complete to the last byte" {
    run_mewz -d --log-uri "file://$work/log/c1" localhost/streams:1 c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED' # it had no input
    ctr task rm c1
    ctr c rm c1
    [ "$(grep -c '^out' "$work/log/c1")" = 1000 ]
    [ "$(grep -c '^err' "$work/log/c1")" = 1000 ]

    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 7<>"$BATS_TEST_TMPDIR/in"
    run_mewz --rm localhost/streams:1 c2 <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" &
    wait_until grep -q '^out 999' "$BATS_TEST_TMPDIR/out"
    echo given >&7
    wait_until grep -q '^given' "$BATS_TEST_TMPDIR/out"
    ctr task kill c2
    wait $! || [ $? = 143 ]
    exec 7>&-
    seq -f 'out %g' 0 999 >"$BATS_TEST_TMPDIR/expected"
    echo given >>"$BATS_TEST_TMPDIR/expected"
    cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/out"
    [ "$(grep -c '^err' "$BATS_TEST_TMPDIR/err")" = 1000 ]
}

@test "arguments and environment come from the container's specification" {
    run run_mewz --rm localhost/facts:1 c1 /app.wasm arguments 'two three'
    [ "$output" = $'0=/app.wasm\n1=arguments\n2=two three' ]
    run run_mewz --rm --env FLAVOUR=salt localhost/facts:1 c1 /app.wasm environment
    [[ $'\n'"$output"$'\n' == *$'\nFLAVOUR=salt\n'* ]]
}

@test "a trap is 134, with its kind and place on stderr" {
    run --separate-stderr run_mewz --rm localhost/traps:1 c1 /app.wasm a
    [ "$status" = 134 ]
    [[ "$stderr" == *unreachable* ]]
}

@test "created, running, paused, stopped, deleted: states and events in containerd's order" {
    local events status
    watch_events "$BATS_TEST_TMPDIR/events" localhost/streams:1
    run_mewz -d localhost/streams:1 c1
    [[ "$(ctr task ls)" == *RUNNING* ]]
    ctr task pause c1
    [[ "$(ctr task ls)" == *PAUSED* ]]
    run ctr task pause c1
    [ "$status" != 0 ]
    ctr task resume c1
    [[ "$(ctr task ls)" == *RUNNING* ]]
    run ctr task exec --exec-id e1 c1 /bin/sh
    [ "$status" != 0 ]
    [[ "$output" == *"a machine runs one program"* ]]
    run ctr task rm c1
    [ "$status" != 0 ]
    ctr task kill c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    ctr task rm c1 || [ $? = 1 ] # its exit code is not 0
    ctr c rm c1
    wait_until grep -q /containers/delete "$BATS_TEST_TMPDIR/events"
    kill "$events"
    grep -o '/tasks/[a-z]*' "$BATS_TEST_TMPDIR/events" >"$BATS_TEST_TMPDIR/topics"
    printf '/tasks/%s\n' create start paused resumed exit delete | cmp - "$BATS_TEST_TMPDIR/topics"
    grep -q '"exit_status":143' "$BATS_TEST_TMPDIR/events"
}

@test "SIGKILL is 137, and ends a paused machine, too" {
    run_mewz -d localhost/streams:1 c1
    ctr task pause c1
    ctr task kill -s KILL c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ctr task rm c1
    [[ "$output" == *"exit code 137"* ]]
    ctr c rm c1
}

@test "with dev.mewz.stop=stdin SIGTERM ends the input, and the program by itself" {
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 7<>"$BATS_TEST_TMPDIR/in"
    run_mewz --rm --annotation dev.mewz.stop=stdin localhost/streams:1 c1 <"$BATS_TEST_TMPDIR/in" \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    wait_until grep -q 'err 999' "$BATS_TEST_TMPDIR/err"
    ctr task kill c1
    wait $!
    exec 7>&-
    grep -q '0 bytes, end of input seen' "$BATS_TEST_TMPDIR/err"
}

@test "processes and figures" {
    local pids
    run_mewz -d localhost/streams:1 c1
    pids=$(ctr task ps c1 | grep -c '^[0-9]')
    [ "$pids" -ge 2 ] # the task and QEMU
    ctr task metrics c1 | awk '$1 == "memory.usage_in_bytes" { exit !($2 > 1000000) }'
    ctr task kill -s KILL c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    ctr task rm c1 || [ $? = 137 ] # the status of the task
    ctr c rm c1
}

@test "QEMU is nobody's: no user, no rights, no system calls but its own, no network of the host" {
    local pid
    run_mewz -d localhost/streams:1 c1
    pid=$(ctr task ps c1 | awk '/^[0-9]/ { print $1 }' | while read -r p; do
        [ "$(cat /proc/"$p"/comm)" != qemu-system-x86 ] || echo "$p"
    done)
    [ -n "$pid" ]
    [ "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")" -gt 65535 ]
    [ "$(awk '/^CapEff:/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
    [ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")" = 2 ]
    [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
    grep -q "/$ns/c1" "/proc/$pid/cgroup"
    ctr task kill -s KILL c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    ctr task rm c1 || [ $? = 137 ] # the status of the task
    ctr c rm c1
}

@test "a memory limit becomes the machine's size, with room for QEMU; too little is refused" {
    run run_mewz --rm --memory-limit 134217728 localhost/hello:1 c1
    [ "$status" = 0 ]
    [ "$output" = hello ]
    run run_mewz --rm --memory-limit 33554432 localhost/hello:1 c2
    [ "$status" != 0 ]
    [[ "$output" == *"too little"* ]]
}

@test "annotations: the unknown, and values out of form, are refused with the known" {
    run run_mewz --rm --annotation dev.mewz.size=big localhost/hello:1 c1
    [ "$status" != 0 ]
    [[ "$output" == *"dev.mewz.size is not known: there are memory, cpu, stop, listen and settings"* ]]
    run run_mewz --rm --annotation dev.mewz.memory=big localhost/hello:1 c1
    [ "$status" != 0 ]
    [[ "$output" == *"not a size"* ]]
    run run_mewz --rm --annotation dev.mewz.memory=4096T localhost/hello:1 c1
    [ "$status" != 0 ]
    [[ "$output" == *"more than 64 GiB"* ]]
    run run_mewz --rm --annotation dev.mewz.memory=16MiB --annotation dev.mewz.cpu=x86-64-v3 localhost/hello:1 c1
    [ "$output" = hello ]
}

@test "a module is compiled once, also by several containers at a time" {
    local i jobs=() before
    rm -rf "$MEWZ_SHIM_CACHE"
    for i in 1 2 3 4; do
        run_mewz --rm localhost/exits:1 "c$i" /app.wasm 0 3>&- &
        jobs+=($!)
    done
    for i in "${jobs[@]}"; do
        wait "$i"
    done
    [ "$(find "$MEWZ_SHIM_CACHE" -type f | wc -l)" = 1 ]
    before=$(stat -c %i "$MEWZ_SHIM_CACHE"/*)
    run_mewz --rm localhost/exits:1 c5 /app.wasm 0
    [ "$(stat -c %i "$MEWZ_SHIM_CACHE"/*)" = "$before" ]
}

@test "a linked kernel boots as it is; a module for wasip1/wasm runs; a damaged one says why" {
    mkdir -p "$work/image-elf" "$work/image-bad"
    "$here/bin/mewz-cc" build "$here/build/guests/hello.wasm" -o "$work/image-elf/kernel.elf"
    "$here/tests/containerd/image.sh" "$work/image-elf" localhost/elf:1 "$work/elf.tar" linux/amd64 /kernel.elf
    ctr image import "$work/elf.tar"
    run run_mewz --rm localhost/elf:1 c1
    [ "$output" = hello ]

    image hello wasip1/wasm
    run run_mewz --rm --platform wasip1/wasm localhost/hello:1 c2
    [ "$output" = hello ]

    printf '\0asm\1\0\0\0garbage' >"$work/image-bad/app.wasm"
    "$here/tests/containerd/image.sh" "$work/image-bad" localhost/bad:1 "$work/bad.tar" linux/amd64 /app.wasm
    ctr image import "$work/bad.tar"
    run run_mewz --rm localhost/bad:1 c3
    [ "$status" != 0 ]
    [[ "$output" == *app.wasm:0x* ]]
}

@test "images by mewz-cc build --format oci run, with a kernel in them or with a module" {
    "$here/bin/mewz-cc" build "$here/build/guests/hello.wasm" -o "$work/oci.tar" --format oci --tag localhost/oci:1
    ctr image import "$work/oci.tar"
    run run_mewz --rm localhost/oci:1 c1
    [ "$output" = hello ]
    "$here/bin/mewz-cc" build "$here/build/guests/hello.wasm" -o "$work/oci.tar" --format oci --oci-wasm --tag localhost/oci:2
    ctr image import --all-platforms "$work/oci.tar"
    run run_mewz --rm --platform wasip1/wasm localhost/oci:2 c2
    [ "$output" = hello ]
}

@test "doctor looks for what containers need, and prints the configuration" {
    run env PATH="$here/bin:$PATH" "$here/bin/mewz-cc" doctor --containerd
    [[ "$output" == *"found    containerd-shim-mewz-v1"* ]]
    [[ "$output" == *'runtime_type = "io.containerd.mewz.v1"'* ]]
}
