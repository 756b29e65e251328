# What goes wrong around the tool: one clear line on stderr, exit code 1 (or 2 for a wrong command line), nothing
# half-written left behind.
bats_require_minimum_version 1.5.0
load ../lib/fails
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
MEWZ_CC=$ROOT/bin/mewz-cc
export MEWZ_ACCEL=tcg

setup() {
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work"
}

@test "no such input" {
    fails 1 nothing.wasm "$MEWZ_CC" build nothing.wasm -o app.img
    fails 1 nothing.img "$MEWZ_CC" run nothing.img
    [ -z "$(ls)" ]
}

@test "input that is no wasm" {
    echo 'just text' >app.txt
    fails 1 'app.txt: neither a WebAssembly module nor an object' "$MEWZ_CC" build app.txt -o app.img
    : >empty.wasm
    fails 1 'empty.wasm: is empty' "$MEWZ_CC" build empty.wasm -o app.img
    printf '\0asm\15\0\1\0' >component.wasm
    fails 1 'this is a component'*'wasm32-wasip1' "$MEWZ_CC" build component.wasm -o app.img
    "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.oci
    fails 1 'app.oci: an archive: containerd' "$MEWZ_CC" run app.oci
    fails 1 "$PWD" "$MEWZ_CC" build "$PWD" -o app.img
    [ ! -e app.img ]
}

@test "input that is further than the verb" {
    cp "$GUESTS/hello.elf" "$GUESTS/hello" .
    "$MEWZ_CC" compile "$GUESTS/hello.wasm" -o hello.o
    fails 1 'hello.elf: is linked already: mewz-cc convert' "$MEWZ_CC" build hello.elf -o app.img
    fails 1 'hello: is linked already, for Linux' "$MEWZ_CC" build hello -o app.img
    fails 1 'hello.o: is compiled already: mewz-cc build' "$MEWZ_CC" compile hello.o -o app.o
    [ "$(echo *)" = "hello hello.elf hello.o" ]
}

@test "arguments without --" {
    echo text >file
    fails 1 'nothing: No such file or directory (arguments of the program come behind --)' \
        "$MEWZ_CC" run "$GUESTS/hello.wasm" nothing
    fails 1 "image of mewz-cc's (arguments of the program come behind --)" "$MEWZ_CC" run "$GUESTS/hello.wasm" file
    fails 1 'with modules only (arguments of the program come behind --)' "$MEWZ_CC" run "$GUESTS/hello.elf" file
}

@test "memory that holds no kernel" {
    head -c 5000000 /dev/urandom >file
    mkdir folder
    mv file folder
    cat >app.c <<'CODE'
#include <stdio.h>
int main(void)
{
    return fopen("/file", "r") == NULL;
}
CODE
    clang-19 --target=wasm32-wasi -o app.wasm app.c
    fails 1 'app.wasm: takes '*' MiB before it starts: -m 2 is too little' "$MEWZ_CC" run app.wasm --dir folder:/ -m 2
    fails 2 '-m 1: MIB is a number from 2 to ' "$MEWZ_CC" run "$GUESTS/hello.elf" -m 1
    fails 2 "-m 39: UEFI's firmware needs 40 MiB" "$MEWZ_CC" run "$GUESTS/hello.elf" -m 39 --firmware uefi
}

@test "an image larger than a file can be" {
    fails 1 "no image is as large as --size says" "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.img --size 18446744073709551615
}

@test "text format with a mistake in it" {
    echo '(module (func (i32.add)))' >app.wat
    run --separate-stderr "$MEWZ_CC" build app.wat -o app.img
    [ "$status" = 1 ]
    [[ $stderr == *app.wat* ]]
    [ ! -e app.img ]
}

@test "outputs that cannot be written" {
    fails 1 no/such/folder "$MEWZ_CC" build "$GUESTS/hello.wasm" -o no/such/folder/app.img
    mkdir folder.img
    fails 1 folder.img "$MEWZ_CC" build "$GUESTS/hello.wasm" -o folder.img
    fails 1 full "$MEWZ_CC" build "$GUESTS/hello.wasm" -o /dev/full --format raw
}

@test "a full disk" {
    [ "$(id -u)" = 0 ] || skip "only root can mount a small file system"
    mkdir small
    mount -t tmpfs -o size=128k none small || skip "no file system can be mounted here"
    run --separate-stderr timeout 60 "$MEWZ_CC" build "$GUESTS/hello.wasm" -o small/app.img
    left=$(ls -A small)
    umount small
    echo "exit code $status: $stderr; left: $left"
    [ "$status" = 1 ]
    [ "${#stderr_lines[@]}" = 1 ]
    [ -z "$left" ]
}

@test "memory that ends: one line, and nothing left, in whichever thread and step it is" {
    local limit failed=0
    mkdir temp
    awk 'BEGIN {
        print "(module"
        for (f = 0; f < 8; f++) {
            print "(func (export \"f" f "\") (param i32)"
            for (i = 0; i < 20000; i++) print "(if (local.get 0) (then))"
            print ")"
        }
        print ")"
    }' >app.wat
    wat2wasm app.wat -o app.wasm
    for limit in 30 60 90 120 150 180; do
        run --separate-stderr env TMPDIR="$PWD/temp" timeout 120 prlimit --data=$((limit << 20)) "$MEWZ_CC" compile -O0 app.wasm -o app.o
        echo "$limit MiB: exit code $status: $stderr"
        [ "$(echo *)" = "app.wasm app.wat temp" ] || [ "$status" = 0 ]
        [ -z "$(ls -A temp)" ]
        if [ "$status" != 0 ]; then
            failed=$((failed + 1))
            [ "$status" = 1 ]
            [ "$stderr" = "mewz-cc: out of memory" ]
        fi
        rm -f app.o
    done
    [ "$failed" -gt 2 ]
}

@test "a limit of CPU time leaves nothing behind" {
    mkdir temp
    awk 'BEGIN {
        print "(module (func (export \"f\") (param i32)"
        for (i = 0; i < 300000; i++) print "(if (local.get 0) (then))"
        print "))"
    }' >app.wat
    wat2wasm app.wat -o app.wasm
    run --separate-stderr env TMPDIR="$PWD/temp" timeout 120 prlimit --cpu=1:60 "$MEWZ_CC" compile -O0 app.wasm -o app.o --no-cache
    [ "$status" = $((128 + $(kill -l XCPU))) ]
    [ -z "$(ls -A temp)" ]
}

@test "an existing output survives a failure" {
    echo precious >app.img
    echo garbage >app.wasm
    fails 1 app.wasm "$MEWZ_CC" build app.wasm -o app.img
    [ "$(cat app.img)" = precious ]
    [ "$(echo *)" = "app.img app.wasm" ]
}

@test "tools that are missing are named with their package" {
    fails 1 lld-19 env PATH=/nowhere "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.elf
    fails 1 qemu-system-x86 env PATH=/nowhere "$MEWZ_CC" run "$GUESTS/hello.elf"
    fails 1 wabt env PATH=/nowhere "$MEWZ_CC" build "$ROOT/tests/kernel/guests/hello.wat" -o app.elf
    [ ! -e app.elf ]
}

@test "wrong command lines" {
    fails 2 buidl "$MEWZ_CC" buidl app.wasm
    fails 2 'hello.wasm is no verb: to start it, mewz-cc run ' "$MEWZ_CC" "$GUESTS/hello.wasm"
    fails 2 --targte "$MEWZ_CC" build app.wasm -o app.img --targte x86_64-linux
    fails 2 '' "$MEWZ_CC" build app.wasm
    fails 2 sparc "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.img --target sparc
    fails 2 floppy "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.img --format floppy
    fails 2 '' "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.unknown
    fails 2 lots "$MEWZ_CC" run "$GUESTS/hello.elf" -m lots
    fails 2 "a tag has 36 bytes at most" "$MEWZ_CC" build "$GUESTS/hello.wasm" -o app.img --mount a-tag-that-is-longer-than-what-virtio-fs-has:/srv
}

@test "a file that no machine boots" {
    head -c 2000000 /dev/zero >zero.img
    fails 1 zero.img "$MEWZ_CC" run zero.img
    head -c 3000 "$GUESTS/hello.elf" >cut.elf
    fails 1 cut.elf "$MEWZ_CC" run cut.elf
}
