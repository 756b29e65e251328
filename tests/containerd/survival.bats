# What happens to containers when somebody is killed, and whether anything is left after many of them.
#
# LONG=1 (make check-containerd) makes it 200 containers one after the other; without it, 20.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    image hello
    image exits
    image streams
}

teardown_file() {
    containerd_end
}

teardown() {
    containers_remove
    nothing_is_left
}

@test "containerd killed and started again: the task is still there, and obeys" {
    run_mewz -d localhost/streams:1 c1
    containerd_kill
    containerd_start
    [[ "$(ctr task ls)" == *RUNNING* ]]
    ctr task kill c1
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ctr task rm c1
    [[ "$output" == *"exit code 143"* ]]
}

@test "the end of a task while containerd is away is not lost" {
    run_mewz -d --annotation dev.mewz.memory=16MiB localhost/streams:1 c1
    containerd_kill
    kill -KILL "$(process_of qemu)"
    wait_until runs_no qemu
    containerd_start
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ctr task rm c1
    [[ "$output" == *"exit code 70"* ]]
}

@test "QEMU killed: exit code 70, and why on stderr" {
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec 7<>"$BATS_TEST_TMPDIR/in"
    run_mewz --rm localhost/streams:1 c1 <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" \
        2>"$BATS_TEST_TMPDIR/err" 3>&- &
    local client=$! status=0
    wait_until grep -q '^out 999' "$BATS_TEST_TMPDIR/out"
    kill -KILL "$(process_of qemu)"
    wait $client || status=$?
    exec 7>&-
    [ "$status" = 70 ]
    grep -q 'ended by signal 9' "$BATS_TEST_TMPDIR/err"
    wait_until grep -q 'ended by signal 9' "$work/containerd.log"
}

@test "the shim killed: machine, mounts and control groups go with it" {
    run_mewz -d localhost/streams:1 c1
    [ -n "$(process_of qemu)" ]
    kill -KILL "$(process_of containerd-shim)"
    wait_until runs_no qemu
    wait_until bash -c '! ctr task ls | grep -q RUNNING'
}

@test "20 at once, each with its own exit code" {
    local i jobs=() status
    for i in {1..20}; do
        run_mewz --rm localhost/exits:1 "c$i" /app.wasm "$i" 3>&- &
        jobs+=($!)
    done
    for i in {1..20}; do
        status=0
        wait "${jobs[i - 1]}" || status=$?
        [ "$status" = "$i" ]
    done
}

@test "many one after the other leave nothing" {
    local i count=20
    [ -z "${LONG-}" ] || count=200
    for ((i = 0; i < count; i++)); do
        [ "$(run_mewz --rm localhost/hello:1 "c$i")" = hello ]
    done
    [ -z "$(leftovers)" ]
}

@test "garbage and prefixes of a request on the shim's socket do it no harm" {
    run_mewz -d localhost/streams:1 c1
    local socket
    socket=$(sed 's|^unix://||' "$work/state/io.containerd.runtime.v2.task/$ns/c1/address")
    timeout 300 node - "$socket" <<'END'
const net = require('net');
const header = Buffer.from([0, 0, 0, 40, 0, 0, 0, 1, 1, 0]);
const request = Buffer.concat([header, Buffer.from('\n\x17containerd.task.v2.Task\x12\x05State\x1a\x04\n\x02c1')]);
request.writeUInt32BE(request.length - header.length, 0);
const send = bytes => new Promise(done => {
    const client = net.connect(process.argv[2], () => client.end(bytes));
    client.on('error', () => {}).on('close', done).resume();
});
(async () => {
    for (let size = 0; size <= request.length; size++) await send(request.subarray(0, size));
    for (let at = 0; at < request.length; at++) {
        const changed = Buffer.from(request);
        changed[at] ^= 0xff;
        await send(changed);
    }
    await send(Buffer.alloc(1 << 20, 0xff));
    await send(Buffer.alloc(1 << 20));
})();
END
    [[ "$(ctr task ls)" == *RUNNING* ]]
}
