# systems.bash: run one wasm program on every system that there is, and compare. Loaded by bats files.
#
#   build_systems APP.wasm            compile it for all of them, into $BATS_FILE_TMPDIR
#   run_on SYSTEM ARG...              run it there with this process's streams; exit code and streams are the program's
#   expect_same SYSTEM STDIN ARG...   run it there and on Node: same stdout, same stderr, same exit code
#
# SYSTEM is one of: node, linux (executable), elf (kernel in a microvm), bios and uefi (disk image).
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
LIMIT=${LIMIT:-300}     # seconds that one run may take
MEMORY=${MEMORY:-256}   # MiB of a machine
export MEWZ_ACCEL=tcg

build_systems() {
    local wasm=$1 program
    program=$BATS_FILE_TMPDIR/program
    cp "$wasm" "$program.wasm"
    timeout 300 mewz-cc compile "$program.wasm" -o "$program.o"
    timeout 60 mewz-cc build "$program.o" -o "$program" --target x86_64-linux --format elf
    timeout 60 mewz-cc build "$program.o" -o "$program.elf"
    timeout 60 mewz-cc build "$program.o" -o "$program.img"
}

run_on() {
    local system=$1 program=$BATS_FILE_TMPDIR/program
    shift
    case $system in
    node) timeout "$LIMIT" env -i PATH="$PATH" node --no-warnings "$ROOT/tests/lib/wasi-node.mjs" "$program.wasm" "$@" ;;
    linux) timeout "$LIMIT" "$program" "$@" ;;
    elf) timeout "$LIMIT" mewz-cc run "$program.elf" -m "$MEMORY" -- "$@" ;;
    bios) timeout "$LIMIT" mewz-cc run "$program.img" -m "$MEMORY" -- "$@" ;;
    uefi) timeout "$LIMIT" mewz-cc run "$program.img" --firmware uefi -m "$MEMORY" -- "$@" ;;
    esac
}

# What the program itself wrote to stderr: all before the report of a trap.
before_trap() {
    sed '/: trap: /,$d' "$1"
}

expect_same() {
    local system=$1 input=$2 status=0 wanted=0
    local dir=$BATS_TEST_TMPDIR
    shift 2
    run_on node "$@" <"$input" >"$dir/wanted.out" 2>"$dir/wanted.err" || wanted=$?
    run_on "$system" "$@" <"$input" >"$dir/out" 2>"$dir/err" || status=$?
    head -c 2000 "$dir/err"
    echo "exit code $status on $system, $wanted on Node"
    [ "$status" = "$wanted" ]
    cmp "$dir/wanted.out" "$dir/out"
    diff <(before_trap "$dir/wanted.err") <(before_trap "$dir/err")
}
