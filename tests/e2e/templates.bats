# `mewz-cc new`: each template is built and run as its user would, with an installed SDK. And mewz.toml, which they use.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
load ../lib/wait
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export MEWZ_ACCEL=tcg

setup_file() {
    "$ROOT/install.sh" --prefix "$BATS_FILE_TMPDIR/sdk"
}

setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
    PATH=$BATS_FILE_TMPDIR/sdk/bin:/usr/bin:$PATH # Debian's compilers, also where there are others
}

teardown() {
    [ -z "$server" ] || kill "$server" || :
}

# mewz CODE WORD...: runs mewz-cc, which must end with CODE
mewz() {
    local code=$1
    shift
    run --separate-stderr timeout 60 mewz-cc "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = "$code" ]
}

# greets TEMPLATE [WHOM]: make, make run and make linux in a new project
greets() {
    local whom=${2-you}
    mewz 0 new project --template "$1"
    cd project
    timeout 300 make -s
    run --separate-stderr timeout 60 mewz-cc run app.img
    [ "$output" = "Hello, world! There is nothing between us but a machine." ]
    run timeout 120 make -s run "WHOM=$whom"
    [ "${lines[-1]}" = "Hello, $whom! There is nothing between us but a machine." ]
    timeout 60 make -s linux
    [ "$(./app)" = "Hello, world! There is nothing between us but a machine." ]
    make -s clean
    diff -r . "$ROOT/templates/$1"
}

@test "C" { greets c; }
@test "C++" { greets cpp; }
@test "WebAssembly text" { greets wat world; }

@test "Rust" {
    /usr/bin/rustc --print target-list | grep -q wasm32-wasi
    export CARGO_HOME=$BATS_TEST_TMPDIR/cargo RUSTC=/usr/bin/rustc
    mewz 0 new project --template rust
    cd project
    CARGO_NET_OFFLINE=true timeout 300 make -s
    run timeout 120 make -s run WHOM=you
    [ "${lines[-1]}" = "Hello, you! There is nothing between us but a machine." ]
}

@test "Rust: a server; sockets.bats talks with it" {
    export CARGO_HOME=$BATS_TEST_TMPDIR/cargo RUSTC=/usr/bin/rustc CARGO_NET_OFFLINE=true
    mewz 0 new project --template rust-echo-server
    timeout 300 make -s -C project
    make -s -C project linux
    [ -s project/app.img ] && [ -x project/app ]
}

@test "AssemblyScript" {
    mewz 0 new project --template assemblyscript
    cd project
    timeout 120 make -s node_modules || skip "npm cannot get the compiler"
    timeout 120 make -s
    run timeout 120 make -s run WHOM=you
    [ "${lines[-1]}" = "Hello, you! There is nothing between us but a machine." ]
}

@test "Go: built where it is new enough, otherwise says what it needs" {
    mewz 0 new project --template go
    cd project
    run timeout 300 make -s
    if [ "$status" = 0 ]; then
        run timeout 60 mewz-cc run app.img
        [ "$output" = "Hello, world! There is nothing between us but a machine." ]
    else
        [[ $output == *"Go 1.21 or later is needed, to compile for WASI: https://go.dev/doc/install"* ]]
    fi
}

@test "servers build; sockets.bats talks with them" {
    for template in echo-server http-server; do
        mewz 0 new $template --template $template
        make -s -C $template
        make -s -C $template linux
        [ -s $template/app.img ]
        make -s -C $template clean
        diff -r $template "$ROOT/templates/$template"
    done
    make -s -C echo-server
    mewz 0 inspect echo-server/app.img
    [[ $output == *"setting      listen=tcp:0.0.0.0:7"* ]]
}

@test "a server of files finds what its project has in site/" {
    mewz 0 new project --template http-server
    cd project
    mkdir site/notes
    echo "a note" >site/notes/one.txt
    make -s
    local port
    port=$(free_port)
    mkfifo says
    mewz-cc run -p "$port:80" >says 3>&- &
    server=$!
    read -r -t 60 line <says
    [ "$line" = "listening on port 80" ]
    curl -s --max-time 60 "http://127.0.0.1:$port/" | cmp - site/index.html
    [ "$(curl -s --max-time 60 "http://127.0.0.1:$port/notes/one.txt")" = "a note" ]
}

@test "every template is tested here" {
    cd "$ROOT/templates"
    [ "$(echo *)" = "assemblyscript c cpp echo-server go http-server rust rust-echo-server wat" ]
}

@test "what new refuses" {
    mewz 2 new project --template cppp
    [[ $stderr == *"new: --template cppp: none of assemblyscript, c, cpp, "*"; did you mean cpp?" ]]
    mewz 2 new project --template pascal
    [[ $stderr == *"none of assemblyscript, c, cpp, echo-server, go, http-server, rust, rust-echo-server, wat" ]]
    mewz 2 new project --template ../templates/c
    mkdir project
    touch project/precious
    mewz 1 new project
    [ "$(ls project)" = precious ]
    mewz 1 new no/such/project
    [ "$(ls)" = project ]
}

@test "a template that cannot be copied leaves nothing behind" {
    cp -r "$BATS_FILE_TMPDIR/sdk" sdk
    ln -s nowhere sdk/share/mewz/templates/http-server/site/nothing
    PATH=$PWD/sdk/bin:$PATH mewz 1 new project --template http-server
    [[ $stderr == *"/http-server/site/nothing: No such file or directory" ]]
    [ "$(ls)" = sdk ]
}

# --- mewz.toml ---

project() {
    cp "$ROOT/build/guests/facts.wasm" app.wasm
    cat >mewz.toml
}

@test "a project says what flags say, and flags win" {
    project <<'END'
program = "app.wasm"
arguments = ["one", "two words", 3]
output = "app.img"
listen = ["tcp:0.0.0.0:80"]
memory-max = "16MiB" # a comment
allow-missing = true
ports = ["8080:80"]

[env]
A = "b c"
N = 1
END
    mewz 0 build
    mewz 0 inspect app.img
    [[ $output == *"argument     one"*"argument     two words"*"argument     3"* ]]
    [[ $output == *"environment  A=b c"*"environment  N=1"* ]]
    mewz 0 build -o app.elf --env X=y -- four
    mewz 0 inspect app.elf
    [[ $output == *"argument     app.wasm"*"argument     four"* ]]
    [[ $output != *"argument     one"* ]]
    [[ $output == *"environment  A=b c"*"environment  X=y"* ]]
    cmp <(mewz-cc build -o /dev/stdout --format elf) \
        <(mewz-cc build app.wasm -o /dev/stdout --format elf --env 'A=b c' --env N=1 --listen tcp:0.0.0.0:80 \
            --memory-max 16MiB --allow-missing -- one 'two words' 3)
}

@test "keys that a flag leaves without a meaning are not heeded" {
    cp "$ROOT/build/guests/hello.wasm" .
    cat >mewz.toml <<'END'
program = "hello.wasm"
output = "hello"
ports = ["8080:80"]
pcap = "packets"
hostname = "name"
ip = "10.0.0.2/24"
tmp-max = "1M"
mount = ["nowhere:/srv"]
disk = ["nowhere:/data"]
END
    mewz 0 build --target x86_64-linux --format elf
    [ "$(./hello)" = hello ]
    mewz 2 build --target x86_64-linux --format elf --hostname name
    [[ $stderr == *"are for machines"* ]]
    sed -i '/nowhere/d' mewz.toml
    mewz 0 run --net none
    [ "$output" = hello ]
    [ ! -e packets ]
    mewz 2 run --net none -p 8080:80
    [[ $stderr == *"only --net user has ports to forward"* ]]
    sed -i 's/^ports.*/net = "none"/' mewz.toml
    mewz 2 run -p 8080:80
    mewz 0 run -p "$(free_port):80" --net=user
}

@test "a project is for command lines without a program" {
    project <<<'program = "nothing.wasm"'
    mewz 0 build app.wasm -o app.elf
    mewz 0 build --help
    rm mewz.toml
    mewz 2 build -o app.elf
    [[ $stderr == *"build: no program is named: mewz-cc build APP.wasm"* ]]
}

@test "a program that is not built yet is said to be that" {
    mewz 0 new project
    cd project
    mewz 1 run
    [ "$stderr" = "mewz-cc: mewz.toml:2: program: app.wasm: No such file or directory: build the program first" ]
}

@test "mistakes in mewz.toml are named with their line" {
    project <<<$'program = "app.wasm"\n\nmemry = 64'
    mewz 2 run
    [ "$stderr" = "mewz-cc: mewz.toml:3: memry: unknown key, did you mean memory?" ]
    project <<<$'program = "app.wasm"\nenv = 3\noutput = [1]'
    mewz 2 build
    [[ $stderr == *"mewz.toml:3: output: expected a text or a whole number"* ]]
    project <<<$'program = "app.wasm"\nallow-missing = "yes"'
    mewz 2 build -o x.elf
    [[ $stderr == *"mewz.toml:2: allow-missing: expected true or false"* ]]
    project <<<$'program = "app.wasm"\noutput = "a'
    mewz 1 build
    [[ $stderr == *"mewz.toml: "*"(2, 11)"* ]]
    project <<<'output = "app.img"'
    mewz 2 build
    [[ $stderr == *'program = "FILE" is missing'* ]]
    project <<<$'program = "app.wasm"\nformat = "floppy"'
    mewz 2 build -o x
    [[ $stderr == *"--format floppy"* ]]
    [ ! -e x ]
    run env PATH=/nowhere "$BATS_FILE_TMPDIR/sdk/bin/mewz-cc" build -o x
    [[ $output == *"apt-get install golang-github-pelletier-go-toml"* ]]
}
