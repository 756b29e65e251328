# The commands in the documents do what the documents say: each block marked `sh` is run as it stands, with an installed
# SDK on the PATH, and its last command's output is compared.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export MEWZ_ACCEL=tcg

setup_file() {
    "$ROOT/install.sh" --prefix "$BATS_FILE_TMPDIR/sdk" >/dev/null
}

setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
    PATH=$BATS_FILE_TMPDIR/sdk/bin:$PATH
    export PKG_CONFIG_PATH=$BATS_FILE_TMPDIR/sdk/lib/pkgconfig
}

# commands DOCUMENT [HEADING]: the sh blocks of a document, or of one of its sections
commands() {
    awk -v heading="${2-}" '
        /^## / { inside = $0 == "## " heading }
        /^```sh$/ { code = 1; next }
        /^```/ { code = 0 }
        code && (heading == "" || inside)' "$ROOT/docs/$1"
}

# runs DOCUMENT [HEADING]: those commands, as a script that ends with the first failure
runs() {
    commands "$@" >script
    [ -s script ]
    run --separate-stderr timeout 300 bash -ex script
    printf 'exit code %s\nstdout: %.3000s\nstderr: %.6000s\n' "$status" "$output" "$stderr"
}

@test "getting started" {
    runs getting-started.md
    [ "$status" = 0 ]
    [[ $output == *"Hello, you!"*"Hello, everybody!"*"Hello, its!"*"Hello, baked!"* ]]
    [ -s hello/upload/app.qcow2 ]
}

@test "linking: functions of your own" {
    cp "$ROOT/docs/examples"/* .
    runs linking.md "Functions of your own"
    [ "$status" = 42 ] # the program's, which run ends with
    [ "$output" = HELLO ]
    sed -i 's/^mewz-cc run/# &/' script
    bash -e script
    run ./import
    [ "$status" = 42 ]
    [ "$output" = HELLO ]
}

@test "linking: no WebAssembly at all" {
    cp "$ROOT/docs/examples"/* .
    runs linking.md "No WebAssembly at all"
    [ "$status" = 7 ]
    [ "$output" = "no WebAssembly here" ]
    rm native.elf
    runs linking.md "With a compiler in the linker's place, or CMake"
    [ "$status" = 0 ]
    run timeout 60 mewz-cc run native.elf
    [ "$status" = 7 ]
}

@test "debugging: tracing" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    runs debugging.md "What does it ask for?"
    [ "$status" = 0 ]
    [ "$output" = hello ]
    [[ $stderr == *"fd_write(1, "*" = 0 SUCCESS"* ]]
}

@test "debugging: where the time goes" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    runs debugging.md "Where does the time go?"
    [ "$status" = 0 ]
    grep -q '^</svg>' app.svg
}

@test "debugging: what is it made of" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    runs debugging.md "What is it made of?"
    [ "$status" = 0 ]
    [[ $stderr == *"system in all"* ]]
}

@test "linking: the line by hand, and several modules" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    # shellcheck disable=SC2016
    sed -n '/^```sh/,/^```$/p' "$ROOT/docs/linking.md" | grep -q '^ld.lld-19 app.o $(pkg-config --libs mewz)'
    commands linking.md >all
    sed -n '1,/--define-variable/p' all >script
    run --separate-stderr timeout 100 bash -e script
    [ "$output" = hello ]
    [ "$(./app)" = hello ]
    cat >app.wat <<'WAT'
(module (import "text" "add" (func $add (param i32) (result i32))) (import "env" "one" (func $one (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
    (func (export "_start") (call $exit (call $add (call $one)))))
WAT
    echo '(module (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 6))))' >text.wat
    echo '(module (func (export "one") (result i32) (i32.const 1)))' >shim.wat
    for module in app text shim; do wat2wasm $module.wat; done
    runs linking.md "Several modules"
    [ "$status" = 0 ]
    run timeout 60 mewz-cc run app.img
    [ "$status" = 7 ]
}

@test "files and disks" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    cp app.wasm server.wasm
    mkdir site conf
    runs files.md
    [ "$status" = 0 ]
    runs disks.md
    [ "$status" = 0 ]
    [[ $output == *hello*hello*app.wasm* ]]
    cmp app.wasm copy.wasm
}

@test "the Linux target" {
    cat >app.c <<'CODE'
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words)
{
    printf("%s %s\n", getenv("LEVEL"), count > 1 ? words[1] : "none");
    return 0;
}
CODE
    clang-19 --target=wasm32-wasi -o app.wasm app.c
    runs linux.md
    [ "$status" = 0 ]
    [ "$output" = "1 none
2 one" ]
}

@test "programs: a C program that is there already" {
    mkdir share
    echo "from a file" >share/text
    cat >program.c <<'CODE'
#include <stdio.h>
#ifdef LEFT_OPEN
FILE *tmpfile(void);
#endif
int main(int count, char **words)
{
    char text[64] = "";
    FILE *file = fopen("/usr/share/program/text", "r");
    if (!file || !fgets(text, sizeof text, file))
        return 1;
    printf("%s %s", words[count - 1], text);
#ifdef LEFT_OPEN
    fflush(stdout);
    return tmpfile() == NULL;
#endif
    return 0;
}
CODE
    cat >Makefile <<'RULES'
CC = gcc
LD = gcc
program: program.o
	$(LD) $(LDFLAGS) -o $@ program.o
RULES
    runs programs.md
    [ "$status" = 0 ]
    [ "${lines[-1]}" = "arguments from a file" ]
    rm program program.o
    make CC='clang-19 --target=wasm32-wasi' LD='clang-19 --target=wasm32-wasi' CFLAGS=-DLEFT_OPEN \
        LDFLAGS=-Wl,--allow-undefined
    run --separate-stderr timeout 60 mewz-cc run program
    [ "$status" = 1 ]
    [[ $stderr == *"import env.tmpfile"*"--import-object gives one of your own (--allow-missing"* ]]
    run --separate-stderr timeout 60 mewz-cc run program --allow-missing --dir share:/usr/share/program
    [ "$status" = 134 ]
    [ "$output" = "program from a file" ]
}

@test "containers: images" {
    cp "$ROOT/build/guests/hello.wasm" app.wasm
    runs containers.md
    [ "$status" = 0 ]
    [ -s layout/index.json ] && [ -s module.oci ]
}

@test "clouds: the file for a provider, and metadata" {
    cp "$ROOT/build/guests/hello.wasm" server.wasm
    mewz-cc build server.wasm -o server.img
    runs clouds.md
    [ "$status" = 0 ]
    [[ $output == *"gcloud compute images create"* ]]
    [ -s upload/server.tar.gz ]
}

# Each reason stands in the document, or is that the thing needs another machine.
@test "no other commands are in the documents than those that are run, and these" {
    cat >known <<'LIST'
clouds.md: firecracker not packaged, needs KVM
clouds.md: cloud-hypervisor likewise
clouds.md: qemu-system-x86_64 run above
containers.md: ctr tests/containerd does this, with a containerd of its own
containers.md: mewz-cc tests/containerd
disks.md: mount as root, on the machine itself
linking.md: ld.lld-19 the line for those without pkg-config: the same as above
metrics.md: mewz-cc tests/net asks a server that is under load
metrics.md: kill likewise
sockets.md: mewz-cc a server, which tests/e2e/sockets.bats starts
LIST
    for document in "$ROOT"/docs/*.md; do
        awk -v name="$(basename "$document")" '
            /^```/ { inside = !inside; run = $0 == "```sh"; next }
            (inside && !run || /^    [a-z]/) && $1 ~ /^(\$|sudo|ctr|mewz-cc|make|kill|mount|firecracker|cloud-hypervisor|qemu-.*|ld\.lld.*|apt-get|kubectl|curl|\.\/.*)$/ {
                print name ": " $1
            }' "$document"
    done | sort -u >found
    [ -s found ]
    while read -r line; do
        grep -qF "$line " known || { echo "not run: $line" && false; }
    done <found
}

@test "clouds: QEMU's line" {
    mewz-cc build "$ROOT/build/guests/hello.wasm" -o server.elf
    run timeout 60 bash -c "$(grep '^qemu-system' "$ROOT/docs/clouds.md")"
    [ "${lines[0]%$'\r'}" = hello ]
}

@test "the configuration for Firecracker is JSON" {
    awk '/^```json/ { code = 1; next } /^```/ { code = 0 } code' "$ROOT/docs/clouds.md" | node -e '
        const it = JSON.parse(require("fs").readFileSync(0));
        if (!it["boot-source"].kernel_image_path) process.exit(1);'
}

@test "every link in the documents leads somewhere" {
    for file in "$ROOT"/README.md "$ROOT"/ARCHITECTURE.md "$ROOT"/CONTRIBUTING.md "$ROOT"/docs/*.md; do
        grep -oE '\]\([^)#:]+\)' "$file" | tr -d '])(' | while read -r link; do
            [ -e "$(dirname "$file")/$link" ] || { echo "$file: $link" && false; }
        done
    done
}

# --- what the documents describe, in more cases ---

@test "tracing tells the same on both systems, and nothing where it was not asked for" {
    facts=$ROOT/build/guests/facts.wasm
    mewz-cc build "$facts" -o traced --target x86_64-linux --trace wasi -- arguments two
    mewz-cc build "$facts" -o traced.elf --trace wasi -- arguments two
    ./traced 2>process >plain
    timeout 60 mewz-cc run traced.elf 2>kernel >/dev/null
    grep -q '^fd_write(1, 0x[0-9a-f]*, [0-9]*, 0x[0-9a-f]*) = 0 SUCCESS$' process
    diff process kernel
    mewz-cc build "$facts" -o untraced.elf
    llvm-nm-19 traced.elf | grep -q __wrap_
    run ! grep __wrap_ <(llvm-nm-19 untraced.elf)
    llvm-nm-19 "$ROOT/build/guests/hello.elf" >/dev/null
    # What the program does not import does not come in by tracing.
    mewz-cc build "$ROOT/build/guests/hello.wasm" -o hello.elf --trace wasi
    run ! grep sock_ <(llvm-nm-19 hello.elf)
}

@test "an image that was built without tracing says so" {
    mewz-cc build "$ROOT/build/guests/hello.wasm" -o app.elf
    run --separate-stderr mewz-cc run app.elf --trace wasi
    [ "$status" = 2 ]
    [[ $stderr == *"give --trace to mewz-cc build"* ]]
}

@test "an object that is none, or that does not define the import" {
    cp "$ROOT/docs/examples"/* .
    run --separate-stderr mewz-cc build import.wat -o x.elf --import-object import.c
    [ "$status" = 1 ]
    [[ $stderr == *import.c* ]]
    clang-19 -c -x c /dev/null -o empty.o
    run --separate-stderr mewz-cc build import.wat -o x.elf --import-object empty.o
    [ "$status" = 1 ]
    [[ $stderr == *"import native.add: x86_64-mewz does not have it"* ]]
    [ ! -e x.elf ]
}

@test "QEMU's monitor on a socket" {
    timeout 200 mewz-cc run "$ROOT/build/guests/computes.elf" --monitor "$PWD/socket" >/dev/null 2>&1 &
    machine=$!
    node -e '
        const net = require("net"), fs = require("fs");
        const connect = () => {
            const socket = net.connect(process.argv[1]);
            let text = "";
            socket.on("error", () => setTimeout(connect, 50));
            socket.on("connect", () => socket.write("info registers\nquit\n"));
            socket.on("data", (data) => (text += data));
            socket.on("close", () => process.exit(/RIP=/.test(text) ? 0 : text ? 1 : setTimeout(connect, 50) && 0));
        };
        connect();
        setTimeout(() => process.exit(2), 60000);' "$PWD/socket"
    wait $machine || true # QEMU has been told to quit, with whatever status
}
