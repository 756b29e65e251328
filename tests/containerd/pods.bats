# Pods: a network that becomes a machine's, several containers behind one shim, ordinary containers beside machines. The
# annotations are those by which the Kubernetes runtime interface tells containerd's shims of pods.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    image hello
    image streams
    files_image
    box_image
}

teardown_file() {
    containerd_end
}

# $pod and $outside are network namespaces; the pod's interface has a name that nobody would guess.
setup() {
    pod=$ns-pod outside=$ns-out
    ip netns add "$pod"
    ip netns add "$outside"
    ip -n "$outside" link add up0 type veth peer name pod7 netns "$pod"
    ip -n "$outside" address add 10.77.0.1/24 dev up0
    ip -n "$outside" link set up0 up
    ip -n "$pod" link set pod7 address 02:00:00:77:00:02 mtu 1400
    ip -n "$pod" address add 10.77.0.2/24 dev pod7
    ip -n "$pod" link set pod7 up
    ip -n "$pod" route add default via 10.77.0.1
}

teardown() {
    containers_remove
    ip netns del "$pod"
    ip netns del "$outside"
    wait_until is_clean || true # then the next line says what is left
    [ -z "$(leftovers)" ] || { leftovers; return 1; }
}

# Runs a container detached in the pod's network: in_pod OPTION... IMAGE ID ...
in_pod() {
    run_mewz -d --with-ns "network:/run/netns/$pod" "$@"
}

@test "the pod's interface becomes the machine's: address, MAC, MTU, gateway" {
    in_pod localhost/files:1 server
    wait_until ip netns exec "$outside" curl -s -m 2 -o "$BATS_TEST_TMPDIR/page" http://10.77.0.2/
    ip netns exec "$outside" ping -c 1 -W 5 10.77.0.2
    ip -n "$outside" neighbour show 10.77.0.2 | grep -q 02:00:00:77:00:02
    ip -n "$pod" link show mewz0 | grep -q 'mtu 1400'
    # A second program with sockets is refused.
    run in_pod localhost/files:1 second
    [ "$status" != 0 ]
    [[ "$output" == *"belongs to another of its programs"* ]]
    # The tap goes with its machine.
    ctr task kill -s KILL server
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ! ip -n "$pod" link show mewz0
}

@test "one shim serves a pod: sandbox, machine, and an ordinary side-car with its own exit code" {
    local shims sandbox
    in_pod --annotation io.kubernetes.cri.container-type=sandbox --annotation io.kubernetes.cri.sandbox-id=sb \
        localhost/hello:1 sb
    sandbox=$(ctr task ls | awk '$1 == "sb" { print $2 }')
    [ "$(stat -L -c %i "/proc/$sandbox/ns/net")" = "$(stat -c %i "/run/netns/$pod")" ]
    run_mewz -d --annotation io.kubernetes.cri.sandbox-id=sb --with-ns "network:/proc/$sandbox/ns/net" \
        localhost/streams:1 main
    run run_mewz --annotation io.kubernetes.cri.sandbox-id=sb --with-ns "network:/proc/$sandbox/ns/net" \
        localhost/box:1 side /bin/busybox sh -c '/bin/busybox ip -4 address show dev pod7; exit 9'
    [ "$status" = 9 ]
    [[ "$output" == *10.77.0.2/24* ]]
    shims=$(processes | grep -c 'containerd-shim')
    [ "$shims" = 1 ]
    [ "$(ctr task ls | grep -c RUNNING)" = 2 ]
    ctr task kill main
    wait_until bash -c 'ctr task ls | grep main | grep -q STOPPED'
    ctr task rm main || [ $? = 1 ]
    ctr task kill sb
    wait_until bash -c 'ctr task ls | grep sb | grep -q STOPPED'
}

@test "an ordinary container can be paused, killed and deleted as any other" {
    run_mewz -d localhost/box:1 side /bin/busybox sleep 1000
    ctr task pause side
    [[ "$(ctr task ls)" == *PAUSED* ]]
    ctr task resume side
    ctr task kill -s KILL side
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ctr task rm side
    [[ "$output" == *"exit code 137"* ]]
}
