# large.bash: programs of 20 to 76 MB as npm has them, each on Node, on Linux and in the unikernel. Loaded by bats files.
#
#   use_large NAME PACKAGE FILE   compiles FILE of npm's PACKAGE for both systems; its folder is then $NAME
#   expect_same [ARG...]          runs it with these arguments on all three, each with a copy of the folder `root` as its
#                                 / and stdin from the file `input`: same streams, same exit code ($status), same folders
#                                 afterwards
#
# OPTIMISE is how hard to optimise. -O0 is much quicker to compile, and what these programs try is the system.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

use_large() {
    cd "$BATS_FILE_TMPDIR"
    mkdir -p package root
    tar -C package --strip-components=1 -xf "$("$ROOT/scripts/fetch.sh" "npm:$2")"
    cp "package/$3" "$1.wasm"
    timeout 1800 mewz-cc compile "${OPTIMISE:--O0}" "$1.wasm" -o program.o
    timeout 120 mewz-cc build program.o -o linux --target x86_64-linux --format elf
    timeout 120 mewz-cc build program.o -o machine.elf --mount root:/
    echo "$1.wasm" >name
    : >input
}

# The program's name is in what some of them write.
run_on() {
    local system=$1
    shift
    case $system in
    node) WASI_ROOT=root.node timeout 120 node --no-warnings "$ROOT/tests/lib/wasi-node.mjs" "$(cat name)" "$@" ;;
    linux) MEWZ_DIRS=root.linux:/ timeout 120 ./linux "$@" ;;
    machine) timeout 240 mewz-cc run machine.elf -m 1024 --mount root.machine:/ -- "$@" ;;
    esac
}

expect_same() {
    local system code
    cd "$BATS_FILE_TMPDIR"
    for system in node linux machine; do
        rm -rf "root.$system"
        cp -a root "root.$system" # with its times, which CPython writes into what it compiles
        code=0
        run_on $system "$@" <input >"out.$system" 2>"err.$system" || code=$?
        echo "exit code $code on $system"
        head -c 2000 "err.$system"
        [ $system = node ] && status=$code && continue
        [ "$code" = "$status" ]
        cmp out.node "out.$system"
        cmp err.node "err.$system"
        diff -r root.node "root.$system"
    done
}
