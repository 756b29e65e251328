# Pods as kubelet makes them: through containerd's implementation of the Kubernetes runtime interface, with a bridge of
# the usual network plugins in a network namespace of its own, in which containerd runs as well.
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    export CONTAINERD_NETWORK=mewz-cri-$$
    ip netns add "$CONTAINERD_NETWORK"
    ip -n "$CONTAINERD_NETWORK" link set lo up
    containerd_begin
    mkdir -p "$work/cni"
    cat >"$work/cni/10-bridge.conflist" <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true,
 "ipam": {"type": "host-local", "dataDir": "$work/ipam", "ranges": [[{"subnet": "10.78.0.0/24"}], [{"subnet": "fd78::/64"}]],
          "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}}]}
END
    export CONTAINERD_NAMESPACE=k8s.io
    image hello
    image facts
    image pods
    image volumes
    image streams
    files_image
    box_image
    ctr image tag localhost/hello:1 localhost/pause:1 # never run, but containerd wants it
}

teardown_file() {
    umount "$work/habits/memory" 2>/dev/null || true # of a test that failed in the middle
    containerd_end
    ip netns del "$CONTAINERD_NETWORK"
}

@test "a pod with a server in a machine, an ordinary side-car, and programs that end" {
    run timeout 600 nsenter --net="/run/netns/$CONTAINERD_NETWORK" node "$here/build/cri/cri.mjs" "$work/c.sock" mewz \
        "$work/logs" "/$ns"
    echo "$output"
    [ "$status" = 0 ]
    [ "$output" = $'page 200\nforwarded HTTP/1.1 200 OK\nport second second\nasked 0 true\nside 3 true\nfacts 0 true\nconfig 0 true\nhost 0 true\nstats true true\nstopped CONTAINER_EXITED 143\nremoved' ]
    nothing_is_left
}

@test "what users are used to: config maps, security contexts, messages, debugging, the host's network" {
    run timeout 600 nsenter --net="/run/netns/$CONTAINERD_NETWORK" node "$here/build/cri/habits.mjs" "$work/c.sock" mewz \
        "$work/habits" "/$ns"
    echo "$output"
    [ "$status" = 0 ]
    diff - <(echo "$output") <<'END'
config map 0 true
termination message why
user 1234
read-only true
sysctl 0 77
memory 137 OOMKilled
localhost 0 text
attach true true
exec true
debug true false
stopped 0
host network true
without sockets 0 hello
privileged 0 hello
with sockets true
removed
END
    nothing_is_left
}
