# Sockets: programs that talk with themselves, and servers that others talk to, in the unikernel and on Linux.
# shellcheck disable=SC2016,SC2030,SC2031 # other programs expand those; tests share nothing
load ../lib/guests

setup() {
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "$server" ] || kill "$server" || :
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
    timeout 200 node -e '
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
    wait "$server" || true # it was killed
    rm says
    start mewz-cc run program.wasm --listen tcp:0.0.0.0:7 -p "$port:7"
    talk_with_echo "$port"
}

# What the server of files has to serve, and what it must not.
make_site() {
    cp -r "$ROOT/templates/http-server/site" .
    mkdir -p 'site/a b/ü' site/empty
    echo inner >'site/a b/ü/index.html'
    echo "100%" >'site/a b/100%.TXT'
    touch site/zero.json
    mkdir beside
    echo secret >beside/secret.txt
    ln -s ../beside/secret.txt site/out.txt
    head -c 3000001 /dev/urandom >site/large.bin
}

# What each path gives, one after the other over connections of their own.
ask_for_paths() {
    local path expected
    while read -r path expected; do
        run curl -s --max-time 60 --path-as-is -o /dev/null -w '%{http_code} %{content_type}' "$1$path"
        [ "$output" = "$expected" ] || { echo "$path: $output"; false; }
    done <<'END'
/ 200 text/html; charset=utf-8
/index.html?with=query 200 text/html; charset=utf-8
/style.css 200 text/css; charset=utf-8
/empty/../style.css 200 text/css; charset=utf-8
/zero.json 200 application/json
/large.bin 200 application/octet-stream
/a%20b/100%25.TXT 200 text/plain; charset=utf-8
/a%20b/%c3%BC/ 200 text/html; charset=utf-8
/a%20b/%c3%bc 301 text/plain
/empty/ 404 text/plain
/none 404 text/plain
/index.html/ 404 text/plain
/out.txt 404 text/plain
/../beside/secret.txt 404 text/plain
/%2e%2e/beside/secret.txt 404 text/plain
/empty/../../beside/secret.txt 404 text/plain
/style.css%00 400 text/plain
/style.css%0d%0aX: 400 text/plain
/style%2 400 text/plain
/style%zz 400 text/plain
END
}

# Twenty connections that do not read what they asked for; others are answered all the same, and then these.
ask_slowly() {
    timeout 300 node -e '
        const net = require("net"), assert = require("assert"), fs = require("fs"), port = Number(process.argv[1]);
        const file = fs.readFileSync("site/large.bin"), page = fs.readFileSync("site/index.html");
        const ask = (path) => {
            const socket = net.connect({ port, host: "127.0.0.1" });
            socket.write("GET " + path + " HTTP/1.1\r\nConnection: close\r\n\r\n");
            return socket.pause();
        };
        const body = async (socket) => {
            const parts = [];
            for await (const part of socket) parts.push(part);
            const bytes = Buffer.concat(parts);
            return bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
        };
        (async () => {
            const slow = Array.from({ length: 20 }, () => ask("/large.bin"));
            assert((await body(ask("/"))).equals(page));
            slow.pop().destroy();
            for (const answer of await Promise.all(slow.map(body))) assert(answer.equals(file));
        })();' "$1"
}

talk_with_files() {
    local url=http://127.0.0.1:$1
    ask_for_paths "$url"
    ask_slowly "$1"
    curl -s "$url/large.bin" | cmp - site/large.bin
    [ "$(curl -s "$url/a%20b/100%25.TXT")" = "100%" ]
    [ "$(curl -s -o /dev/null -w '%{redirect_url}' "$url/a%20b/%c3%bc")" = "$url/a%20b/%c3%bc/" ]
    [ "$(curl -s -o /dev/null -o /dev/null -w '%{num_connects} ' "$url/" "$url/style.css")" = "1 0 " ]
    [ "$(curl -sI "$url/large.bin" | grep -ic 'content-length: 3000001')" = 1 ]
    curl -s -D head -o /dev/null -X POST "$url/"
    grep -q '^HTTP/1.1 405 ' head
    grep -q '^Allow: GET, HEAD' head
}

@test "a server of files, in a machine and in a process" {
    local port
    port=$(free_port)
    build_template http-server
    make_site
    mewz-cc build program.wasm -o program.elf --dir site:/srv:ro --dir beside:/beside
    start mewz-cc run program.elf -p "$port:80" --pcap packets
    talk_with_files "$port"
    [ "$(stat -c %s packets)" -gt 3000001 ]
    kill "$server"
    wait "$server" || true # it was killed
    rm says
    mewz-cc build program.wasm -o server --target x86_64-linux --dir site:/srv:ro --dir beside:/beside
    port=$(free_port)
    start ./server "$port"
    talk_with_files "$port"
}

@test "a server of files says that it has no folder" {
    build_template http-server
    mewz-cc build program.wasm -o server --target x86_64-linux
    run -1 ./server "$(free_port)"
    [[ $output == "/srv: "*": start me with --dir site:/srv" ]]
}

@test "a program without sockets has no network" {
    mewz-cc build -v "$GUESTS/hello.wasm" -o hello.elf 2>sizes
    run ! grep -E '^ +(net|lwip) ' sizes
    run mewz-cc run -v hello.elf
    [[ $output != *netdev* ]]
    mewz-cc build -v "$GUESTS/hello.wasm" -o hello.elf --mount host:/host --disk data:/data 2>sizes
    grep -qE '^ +ext4 ' sizes
    run ! grep -E '^ +(net|lwip) ' sizes
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
