# Sockets: programs that talk with themselves, and servers that others talk to, in the unikernel and on Linux.
# shellcheck disable=SC2016 # other programs expand those
load ../lib/guests

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "$server" ] || kill "$server" || :
}

# A free port of this machine.
free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
        console.log(s.address().port); s.close(); });'
}

# start COMMAND...: a server that says a line when it listens; $server is its process.
start() {
    mkfifo says
    "$@" >says 2>errors 3>&- &
    server=$!
    exec 8<says
    read -r -t 60 -u 8 line
    [[ $line == listening* ]]
}

# What every echo server does: two connections by turns, a half-close, bulk, a reset.
talk_with_echo() {
    timeout 60 node -e '
        const net = require("net"), assert = require("assert"), port = Number(process.argv[1]);
        const open = () => net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        const all = (socket) => new Promise((resolve) => {
            const parts = [];
            socket.on("data", (part) => parts.push(part)).on("end", () => resolve(Buffer.concat(parts)));
        });
        (async () => {
            const a = open(), b = open(), c = open();
            const bytes = Buffer.alloc(1 << 20, (i) => i).map((_, i) => i * 7 + (i >> 8));
            c.on("connect", () => { c.write("x"); c.resetAndDestroy(); }).on("error", () => {});
            const answers = [all(a), all(b)];
            a.write("one ");
            b.write("two ");
            a.end(bytes);
            b.end("end");
            const [first, second] = await Promise.all(answers);
            assert(first.equals(Buffer.concat([Buffer.from("one "), bytes])));
            assert.equal(second.toString(), "two end");
        })();' "$1"
}

build_template() {
    cp "$ROOT/templates/$1"/*.c .
    cp "$ROOT/templates/$1"/*.h . 2>/dev/null || :
    clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -o program.wasm ./*.c
}

@test "sockets that talk with each other: streams, datagrams, poll, errors, options" {
    process sockets
    [ "$status" = 0 ]
    local expected=$output
    guest sockets
    [ "$status" = 0 ]
    [ "$output" = "$expected" ]
    [ "${lines[-1]}" = "IPv6" ]
}

@test "a socket that listens is given to the process" {
    local port
    port=$(free_port)
    build_template echo-server
    mewz-cc build program.wasm -o echo --target x86_64-linux --listen "tcp:127.0.0.1:$port"
    start ./echo
    talk_with_echo "$port"
    run ! ./echo
    [ "$status" = 70 ]
    [[ $output == *"cannot listen on tcp:127.0.0.1:$port: the address is in use" ]]
}

@test "a socket that listens is given to the machine, and a port leads to it" {
    local port
    port=$(free_port)
    build_template echo-server
    start mewz-cc run program.wasm --listen tcp:0.0.0.0:7 -p "$port:7"
    talk_with_echo "$port"
}

@test "a server in Rust, in a process and in a machine" {
    local port
    port=$(free_port)
    /usr/bin/rustc --edition 2021 --target wasm32-wasi -O "$ROOT/templates/rust-echo-server/app.rs" -o program.wasm
    mewz-cc build program.wasm -o echo --target x86_64-linux --listen "tcp:127.0.0.1:$port"
    start ./echo
    talk_with_echo "$port"
    kill "$server"
    wait "$server" || true
    rm says
    start mewz-cc run program.wasm --listen tcp:0.0.0.0:7 -p "$port:7"
    talk_with_echo "$port"
}

@test "a server of files" {
    local port
    port=$(free_port)
    build_template http-server
    mewz-cc build program.wasm -o program.elf
    start mewz-cc run program.elf -p "$port:80" --pcap packets
    [ "$(curl -s "http://127.0.0.1:$port/1m" | wc -c)" = 1048576 ]
    [ "$(curl -s "http://127.0.0.1:$port/1k" "http://127.0.0.1:$port/20k" | wc -c)" = $((21 * 1024)) ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/none")" = 404 ]
    [ "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://127.0.0.1:$port/1k")" = 405 ]
    [ "$(curl -sI "http://127.0.0.1:$port/1m" | grep -ic 'content-length: 1048576')" = 1 ]
    [ "$(stat -c %s packets)" -gt 1048576 ]
}

@test "a program without sockets has no network" {
    mewz-cc build -v "$GUESTS/hello.wasm" -o hello.elf 2>sizes
    run ! grep -E '^ +(net|lwip) ' sizes
    run mewz-cc run -v hello.elf
    [[ $output != *netdev* ]]
}

@test "what is wrong with the network's options" {
    local message arguments
    while IFS='|' read -r arguments message; do
        # shellcheck disable=SC2086
        run -2 mewz-cc run "$GUESTS/hello.elf" $arguments
        [[ $output == *"$message"* ]] || { echo "$arguments: $output"; false; }
    done <<'END'
-p 80|-p 80: not [tcp:|udp:][ADDRESS:]PORT:PORT
-p 0:80|not [tcp:|udp:]
-p tcp:localhost:80:80|not [tcp:|udp:]
-p 80:80 --net none|only --net user
--net bridge|--net bridge: not user, tap:NAME or none
--pcap x --net none|there is no network
--mac 01:00:00:00:00:00|not a card's address
--ip 10.0.0.2|not ADDRESS/PREFIX
--ip 10.0.0.2/24,gw=x|not ADDRESS/PREFIX
--listen 80|not tcp:ADDRESS:PORT
--listen tcp:::1:80|not tcp:ADDRESS:PORT
--hostname a_b|not letters
END
}
