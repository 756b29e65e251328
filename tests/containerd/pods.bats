# Pods: a network that becomes a machine's, several containers behind one shim, ordinary containers beside machines. The
# annotations are those by which the Kubernetes runtime interface tells containerd's shims of pods.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    image pods
    image hello
    image streams
    image resolves
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
    ip -n "$outside" link set up0 mtu 1400 up
    ip -n "$pod" link set pod7 address 02:00:00:77:00:02 mtu 1400
    ip -n "$pod" address add 10.77.0.2/24 dev pod7
    ip -n "$pod" link set pod7 up
    ip -n "$pod" route add default via 10.77.0.1
    ip -n "$outside" address add fd77::1/112 dev up0 nodad
    ip -n "$pod" address add fd77::2/112 dev pod7 nodad
    ip -n "$pod" -6 route add default via fd77::1
    ip -n "$pod" link set lo up
    ip -n "$outside" link set lo up
}

teardown() {
    containers_remove
    ip netns del "$pod"
    ip netns del "$outside"
    nothing_is_left
}

# Runs a container detached in the pod's network: in_pod OPTION... IMAGE ID ...
in_pod() {
    run_mewz -d --with-ns "network:/run/netns/$pod" "$@"
}

@test "the pod's interface becomes the machine's: address, MAC, MTU, gateway" {
    in_pod localhost/files:1 server
    wait_until ip netns exec "$outside" curl -s -m 10 -o "$BATS_TEST_TMPDIR/page" http://10.77.0.2/
    ip netns exec "$outside" ping -c 1 -W 30 10.77.0.2
    ip -n "$outside" neighbour show 10.77.0.2 | grep -q 02:00:00:77:00:02
    ip -n "$pod" link show mewz0 | grep -q 'mtu 1400'
    # The tap and all rules go with its machine.
    ctr task kill -s KILL server
    wait_until bash -c 'ctr task ls | grep -q STOPPED'
    run ! ip -n "$pod" link show mewz0
    [ -z "$(tc -n "$pod" filter show dev pod7 ingress)" ]
    run ! fetch http://10.77.0.2/ # refused, by Linux
    [ "$status" = 7 ]
}

fetch() {
    ip netns exec "$outside" curl -s -m 30 "$1"
}

# What is served at a port of the pod is this text. (curl takes it for HTTP of long ago.)
serves() {
    [ "$(ip netns exec "$outside" busybox nc -w 30 10.77.0.2 "$1" </dev/null)" = "$2" ]
}

# What an ordinary program of the pod gets at an address and port.
get_in_pod() {
    ip netns exec "$pod" busybox nc -w 30 "$1" "$2" </dev/null
}

@test "one shim serves a pod: sandbox, machine, and an ordinary side-car with its own exit code" {
    local shims sandbox
    in_pod --annotation io.kubernetes.cri.container-type=sandbox --annotation io.kubernetes.cri.sandbox-id=sb \
        localhost/hello:1 sb
    sandbox=$(ctr task ls | awk '$1 == "sb" { print $2 }')
    [ "$(stat -L -c %i "/proc/$sandbox/ns/net")" = "$(stat -c %i "/run/netns/$pod")" ]
    ctr task kill -s WINCH sb # by which nothing ends
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

# Begins a program of a pod and waits until it says that it is ready: begin ID WORD...
begin() {
    local id=$1
    shift
    rm -f "$work/log/$id"
    in_pod --log-uri "file://$work/log/$id" --annotation dev.mewz.stop=stdin localhost/pods:1 "$id" /app.wasm "$@"
    wait_until grep -q ing "$work/log/$id"
}

@test "machines and ordinary containers of a pod share its address: who asks for a port first has it" {
    begin one serve 80 first
    begin two serve 81 second
    in_pod localhost/box:1 side /bin/busybox nc -l -p 82 -e /bin/busybox echo third
    ip netns exec "$outside" ping -c 1 -W 30 10.77.0.2 | grep -q ' 0% packet loss'
    wait_until ip netns exec "$pod" grep -q :0052 /proc/net/tcp /proc/net/tcp6
    [ "$(serves 80 first && serves 81 second && serves 82 third && echo all)" = all ]

    # Neither another machine nor an ordinary container gets a port that is taken.
    run run_mewz --rm --with-ns "network:/run/netns/$pod" localhost/pods:1 three /app.wasm serve 80 late
    echo "status $status: $output"
    [ "$status" = 1 ]
    [[ "$output" == *"bind: Address in use"* ]]
    run run_mewz --rm --with-ns "network:/run/netns/$pod" --annotation dev.mewz.listen=tcp:0.0.0.0:81 \
        localhost/files:1 three
    [ "$status" = 70 ]
    [[ "$output" == *"cannot listen on tcp:0.0.0.0:81: the address is in use"* ]]
    run run_mewz --rm --with-ns "network:/run/netns/$pod" localhost/box:1 three /bin/busybox nc -l -p 80
    [ "$status" = 1 ]
    [[ "$output" == *"in use"* ]]

    # With the machine its ports go, and others stay. It ends by itself when it is asked to.
    ctr task kill one
    wait_until bash -c 'ctr task ls | grep one | grep -q STOPPED'
    grep -qx "asked to end" "$work/log/one"
    ctr task rm one
    begin four serve 80 fourth
    [ "$(serves 80 fourth && serves 81 second && echo both)" = both ]
}

# Outside the pod: gives "outside" at TCP's port 70, and sends datagrams to UDP's port 7 back; sets $neighbour.
start_neighbour() {
    ip netns exec "$outside" timeout 600 node -e '
        const socket = require("dgram").createSocket("udp6");
        socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address)).bind(7);
        require("net").createServer(client => client.end("outside")).listen(70, () => console.log("ready"));
    ' >"$BATS_TEST_TMPDIR/neighbour" 3>&- &
    neighbour=$!
    wait_until grep -q ready "$BATS_TEST_TMPDIR/neighbour"
}

# Whether a datagram to this port of the pod comes back: comes_back PORT BYTES [ADDRESS]
comes_back() {
    ip netns exec "$outside" timeout 60 node -e '
        const [port, size] = process.argv.slice(1).map(Number), address = process.argv[3] ?? "10.77.0.2";
        const socket = require("dgram").createSocket(address.includes(":") ? "udp6" : "udp4");
        socket.on("message", bytes => process.exit(bytes.length === size ? 0 : 1));
        socket.send(Buffer.alloc(size), port, address);
    ' "$@"
}

@test "machines of a pod reach out at the same time, by TCP and by UDP, in fragments as well" {
    begin one answer 53
    begin two answer 54
    comes_back 53 10
    comes_back 54 10
    comes_back 54 4000
    local neighbour reach=(run_mewz --rm --with-ns "network:/run/netns/$pod")
    start_neighbour
    run "${reach[@]}" localhost/pods:1 c1 /app.wasm get 10.77.0.1 70
    [ "$output" = outside ]
    run "${reach[@]}" localhost/pods:1 c2 /app.wasm ask 10.77.0.1 7 3000
    [ "$output" = "3000 bytes" ]
    run "${reach[@]}" localhost/box:1 c3 /bin/busybox nc 10.77.0.1 70
    [ "$output" = outside ]
    # A port at which nobody is says so to the machine that asked.
    run "${reach[@]}" localhost/pods:1 c4 /app.wasm get 10.77.0.1 71
    [ "$output" = "connect: Connection refused" ]
    kill $neighbour
}

# An ordinary program of the pod that listens on 127.0.0.1, at TCP's port 83 and at UDP's; TCP gives the file $1.
start_local_server() {
    ip netns exec "$pod" timeout 600 node -e '
        const socket = require("dgram").createSocket("udp4"), fs = require("fs");
        socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address)).bind(83, "127.0.0.1");
        require("net").createServer(client => fs.createReadStream(process.argv[1]).pipe(client))
            .listen(83, "127.0.0.1", () => console.log("ready"));
    ' "$1" >"$BATS_TEST_TMPDIR/local" 3>&- &
    local_server=$!
    wait_until grep -q ready "$BATS_TEST_TMPDIR/local"
}

@test "127.0.0.1 is the whole pod's: ordinary programs reach machines by it, machines ordinary programs and machines" {
    local local_server address machine=(run_mewz --rm --with-ns "network:/run/netns/$pod")
    begin one serve 80 first
    begin two answer 53
    in_pod localhost/files:1 files /app.wasm 81
    head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/large"
    start_local_server "$BATS_TEST_TMPDIR/large"
    for address in 127.0.0.1 10.77.0.2; do
        [ "$(get_in_pod $address 80)" = first ]
        [ "$("${machine[@]}" localhost/pods:1 c1 /app.wasm get $address 80)" = first ]
        run "${machine[@]}" localhost/pods:1 c1 /app.wasm ask $address 53 3000
        [ "$output" = "3000 bytes" ]
        run "${machine[@]}" localhost/pods:1 c1 /app.wasm get $address 84
        [ "$output" = "connect: Connection refused" ]
        run get_in_pod $address 84
        [ "$status" = 1 ]
    done
    "${machine[@]}" localhost/pods:1 c1 /app.wasm get 127.0.0.1 83 | cmp - "$BATS_TEST_TMPDIR/large"
    run "${machine[@]}" localhost/pods:1 c1 /app.wasm ask 127.0.0.1 83 3000
    [ "$output" = "3000 bytes" ]
    # The port of an ordinary program is taken, also on 127.0.0.1 alone.
    run "${machine[@]}" localhost/pods:1 c1 /app.wasm serve 83 late
    [ "$output" = "bind: Address in use" ]
    kill $local_server
    serves 80 first

    # A node that filters strictly by reverse path leaves 127.0.0.1 to them.
    ip netns exec "$pod" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
    [ "$(get_in_pod 127.0.0.1 80)" = first ]
    run "${machine[@]}" localhost/pods:1 c1 /app.wasm get 127.0.0.1 80
    echo "$output"
    [ "$output" = first ]
}

@test "IPv6: a machine has the pod's address, gateway and loopback, as those of IPv4" {
    local local_server neighbour address machine=(run_mewz --rm --with-ns "network:/run/netns/$pod")
    ip -n "$outside" address add fd78::1/128 dev lo # behind the gateway, beyond the prefix of 112 bits
    ip -n "$outside" address add fd77::1:0:1/128 dev lo
    begin one serve 80 first
    begin two answer 53
    [ "$(ip netns exec "$outside" busybox nc -w 5 fd77::2 80 </dev/null)" = first ]
    serves 80 first
    start_neighbour
    for address in fd77::1 fd78::1 fd77::1:0:1; do
        [ "$("${machine[@]}" localhost/pods:1 c1 /app.wasm get $address 70)" = outside ]
    done
    run "${machine[@]}" localhost/pods:1 c1 /app.wasm ask fd77::1 7 3000
    [ "$output" = "3000 bytes" ]
    run "${machine[@]}" localhost/pods:1 c1 /app.wasm get fd77::1 71
    [ "$output" = "connect: Connection refused" ]
    comes_back 53 10 fd77::2
    comes_back 53 4000 fd77::2
    ip netns exec "$outside" ping -6 -c 1 -W 5 fd77::2
    for address in ::1 fd77::2; do
        [ "$(get_in_pod $address 80)" = first ]
        [ "$("${machine[@]}" localhost/pods:1 c1 /app.wasm get $address 80)" = first ]
        run "${machine[@]}" localhost/pods:1 c1 /app.wasm ask $address 53 3000
        [ "$output" = "3000 bytes" ]
        run "${machine[@]}" localhost/pods:1 c1 /app.wasm get $address 84
        [ "$output" = "connect: Connection refused" ]
    done
    kill $neighbour
}

@test "a pod may have IPv6 alone" {
    ip -n "$pod" address del 10.77.0.2/24 dev pod7
    begin one serve 80 first
    [ "$(ip netns exec "$outside" busybox nc -w 5 fd77::2 80 </dev/null)" = first ]
    local neighbour
    start_neighbour
    run run_mewz --rm --with-ns "network:/run/netns/$pod" localhost/pods:1 c1 /app.wasm get fd77::1 70
    [ "$output" = outside ]
    kill $neighbour
}

# A name server (RFC 1035) outside the pod that knows two names, and prints what it is asked for A records.
start_name_server() {
    ip netns exec "$outside" timeout 600 node -e '
        const known = { "api.default.svc.test": [10, 77, 0, 7], "www.other.test": [10, 77, 0, 8] };
        const socket = require("dgram").createSocket("udp4");
        socket.on("message", (query, from) => {
            const labels = [];
            let at = 12;
            for (; query[at]; at += 1 + query[at]) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
            const name = labels.join("."), address = query.readUInt16BE(at + 1) === 1 ? known[name] : undefined;
            if (query.readUInt16BE(at + 1) === 1) console.log(name);
            const answer = Buffer.concat([query.subarray(0, at + 5),
                Buffer.from(address ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address] : [])]);
            answer.writeUInt16BE(address || known[name] ? 0x8180 : 0x8183, 2);
            answer.writeUInt16BE(address ? 1 : 0, 6);
            socket.send(answer, from.port, from.address);
        }).bind(53, () => console.log("ready"));
    ' >"$BATS_TEST_TMPDIR/asked" 3>&- &
    name_server=$!
    wait_until grep -q ready "$BATS_TEST_TMPDIR/asked"
}

@test "names: short ones in the domains of resolv.conf, those of /etc/hosts, and localhost" {
    local name_server
    cd "$BATS_TEST_TMPDIR"
    start_name_server
    printf '%s\n' 'nameserver 10.77.0.1' 'search default.svc.test svc.test' 'options ndots:2' >resolv
    printf '%s\n' '127.0.0.1 localhost' '10.77.0.2 pod-host # itself' '10.77.0.9 Alias second' 'fd77::9 second' >hosts
    run run_mewz --rm --with-ns "network:/run/netns/$pod" \
        --mount "type=bind,src=$PWD/resolv,dst=/etc/resolv.conf,options=rbind:ro" \
        --mount "type=bind,src=$PWD/hosts,dst=/etc/hosts,options=rbind:ro" localhost/resolves:1 c1 \
        /app.wasm localhost second -4 alias pod-host api api.default www.other.test missing.
    echo "$output"
    diff - <(echo "$output") <<'END'
localhost 4 127.0.0.1
localhost 6 0:0:0:0:0:0:0:1
second 4 10.77.0.9
second 6 fd77:0:0:0:0:0:0:9
alias 4 10.77.0.9
pod-host 4 10.77.0.2
api 4 10.77.0.7
api.default 4 10.77.0.7
www.other.test 4 10.77.0.8
missing. 4 error 84
END
    diff - asked <<'END' # of what it knows already the machine asks nobody
ready
api.default.svc.test
api.default.default.svc.test
www.other.test
missing
END
    kill $name_server
}

@test "nobody outside is taken for one of the pod, whatever address he says that he has" {
    begin one answer 53
    ip netns exec "$outside" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/up0/route_localnet'
    ip netns exec "$pod" timeout 600 node -e '
        const socket = require("dgram").createSocket("udp4");
        socket.on("message", () => console.log("a datagram")).bind(83, "127.0.0.1", () => console.log("ready"));
    ' >"$BATS_TEST_TMPDIR/local" 3>&- &
    local local_server=$!
    wait_until grep -q ready "$BATS_TEST_TMPDIR/local"
    comes_back 53 10 # so that Linux knows where to send the next one
    # The machine would answer to who listens there.
    ip netns exec "$outside" node -e '
        const socket = require("dgram").createSocket("udp4");
        socket.bind(83, "127.0.0.1", () => socket.send("secret", 53, "10.77.0.2", error => process.exit(error ? 1 : 0)));
    '
    comes_back 53 10 # after that datagram
    [ "$(cat "$BATS_TEST_TMPDIR/local")" = ready ]
    kill $local_server
}

@test "the shim killed: tap and rules go, and the port is free again" {
    begin one serve 80 first
    kill -KILL "$(process_of containerd-shim)"
    wait_until runs_no mewz-net
    [ -z "$(tc -n "$pod" filter show dev pod7 ingress)" ]
    wait_until bash -c '! ctr task ls | grep -q RUNNING'
    begin two serve 80 second
    serves 80 second
}

@test "a pod has room for six machines with sockets" {
    local i
    for i in 1 2 3 4 5 6; do
        begin "c$i" serve "8$i" "$i"
    done
    run in_pod localhost/pods:1 c7 /app.wasm serve 87 7
    [ "$status" != 0 ]
    [[ "$output" == *"a pod has room for 6 machines with sockets"* ]]
    for i in 1 2 3 4 5 6; do
        serves "8$i" "$i"
    done
}
