#!/bin/bash
# bench.sh: the figures that this project is held to, each beside its bar. `make bench` builds what it needs.
#
# Counts repeat exactly. Times are compared only side by side, in turns, and by their medians, for the machine that
# this runs on may be busy. A bar that is missed is said to be; the exit code is that of the measuring alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PWD/bin:$PATH
export MEWZ_ACCEL=tcg
export MEWZ_CACHE_SIZE=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guests=build/guests
tools=$PWD/build/bench
ROUNDS=${ROUNDS:-15}

# row WHAT FIGURE UNIT BAR: a line of the table. All numbers, fractions allowed; at most BAR is good.
row() {
    awk -v what="$1" -v figure="$2" -v unit="$3" -v bar="$4" 'BEGIN {
        printf "%-58s %12s %-14s bar %10s  %s\n", what, figure, unit, bar, (figure + 0 <= bar + 0) ? "met" : "MISSED" }'
}

# row_least: the same where at least BAR is good.
row_least() {
    awk -v what="$1" -v figure="$2" -v unit="$3" -v bar="$4" 'BEGIN {
        printf "%-58s %12s %-14s bar %10s  %s\n", what, figure, unit, bar, (figure + 0 >= bar + 0) ? "met" : "MISSED" }'
}

median() {
    sort -n "$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# --- boot: from the kernel's entry to the program's first instruction, counted under the very command of `run` ---

symbol() {
    llvm-nm-19 "$1" | awk -v name="$2" '$3 == name { print $1 }'
}

# The program's own code lies between its first function and its last one's end (the code map's object is in order).
program_range() {
    mewz-cc compile $guests/hello.wasm -o "$work/hello.o"
    llvm-nm-19 -n "$1" | awk -v names="$(llvm-nm-19 --defined-only "$work/hello.o" | awk 'tolower($2) == "t" { printf "%s ", $3 }')" '
        BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) ours[list[i]] = 1 }
        { if (inside && !($3 in ours) && $1 != last) { high = $1; inside = 0 } }
        $3 in ours { if (!low) low = $1; inside = 1; last = $1 }
        END { print low, high ? high : last }'
}

boot_instructions() {
    local low high from
    read -r low high < <(program_range $guests/hello.elf)
    # The entry runs at its physical address still.
    from=$(printf '%x' $((0x$(symbol $guests/hello.elf boot_entry) - 0x$(symbol $guests/hello.elf mewz_kernel_base))))
    mkdir -p "$work/path"
    printf '#!/bin/sh\nexec %s "$@" -plugin %s,from=%s,low=%s,high=%s,out=%s\n' "$(command -v qemu-system-x86_64)" \
        "$tools/boot_plugin.so" "$from" "$low" "$high" "$work/count" >"$work/path/qemu-system-x86_64"
    chmod +x "$work/path/qemu-system-x86_64"
    PATH=$work/path:$PATH timeout 120 mewz-cc run $guests/hello.elf -m 512 >/dev/null
    cat "$work/count"
}

# --- memory ---

smallest_memory() {
    local low=1 high=64 middle
    while [ $((high - low)) -gt 1 ]; do
        middle=$(((low + high) / 2))
        if [ "$(timeout 30 mewz-cc run $guests/hello.elf -m $middle 2>/dev/null)" = hello ]; then
            high=$middle
        else
            low=$middle
        fi
    done
    echo $high
}

# --- start: from exec to the first byte, in turns with the least that the same QEMU boots ---

start_times() {
    local i
    for ((i = 0; i < ROUNDS; i++)); do
        MEASURE_FIRST=1 timeout 60 "$tools/measure" qemu-system-x86_64 -accel tcg -M microvm,acpi=off -cpu max -m 128 \
            -nodefaults -no-user-config -no-reboot -display none -serial stdio -kernel "$tools/bare.elf" \
            </dev/null 2>/dev/null >>"$work/bare"
        timeout 60 "$tools/measure" mewz-cc run $guests/hello.elf </dev/null >>"$work/run"
    done
}

# --- compile ---

wasm2c_and_clang() {
    wasm2c "$1" -o "$work/module.c"
    clang-19 -O2 -w -c -I/usr/share/wabt/wasm2c -o "$work/module.o" "$work/module.c"
}
export -f wasm2c_and_clang
export work

# compile_rows NAME MODULE: what two processors and one take, and wasm2c with clang.
compile_rows() {
    local name=$1 module=$2 ours theirs one memory
    timeout 3000 "$tools/measure" mewz-cc compile "$module" -o "$work/module2.o" >"$work/compile"
    # shellcheck disable=SC2016
    timeout 3000 "$tools/measure" bash -c 'wasm2c_and_clang "$1"' - "$module" >"$work/wasm2c"
    timeout 3000 "$tools/measure" taskset -c 0 mewz-cc compile "$module" -o "$work/module1.o" >"$work/compile1"
    cmp "$work/module1.o" "$work/module2.o"
    read -r _ ours memory _ <"$work/compile"
    read -r _ theirs _ <"$work/wasm2c"
    read -r _ one _ <"$work/compile1"
    row "compile: $name ($(($(stat -c %s "$module") / 1024)) KiB), beside wasm2c + clang -O2 ($((theirs / 1000000)) s)" \
        "$(ratio "$ours" "$theirs")" 'of its time' 0.5
    row_least "compile: $name on two processors beside one ($((one / 1000000)) s)" "$(ratio "$one" "$ours")" times 1.7
    row "compile: memory for $name" $((memory / 1024)) MiB 1024
}

echo "== $(date -u +%Y-%m-%d), $(nproc) processors, $(qemu-system-x86_64 --version | head -n 1), emulated =="
row 'boot: entry to the first instruction of hello, 512 MiB' "$(boot_instructions)" instructions 2000000

mewz-cc build $guests/hello.wasm -o "$work/hello.elf"
mewz-cc build $guests/hello.wasm -o "$work/hello.img"
mewz-cc build -v $guests/hello.wasm -o "$work/hello.elf" 2>"$work/sizes"
system=$(awk '/system in all/ { print int(($4 + $5 + 1023) / 1024) }' "$work/sizes")
row 'size: kernel part of hello, code and data' "$system" KiB 64
row 'size: disk image of hello' $(($(stat -c %s "$work/hello.img") / 1024)) KiB 2048
row 'memory: smallest machine for hello' "$(smallest_memory)" MiB 8

start_times
bare=$(median "$work/bare")
run=$(median "$work/run")
row "start: mewz-cc run over bare QEMU ($((bare / 1000)) ms), to the first byte" "$(ratio $((run - bare)) 1000)" ms 10

mewz-cc build $guests/hello.wasm -o "$work/again.elf"
mewz-cc build $guests/hello.wasm -o "$work/again.img"
cmp "$work/hello.elf" "$work/again.elf" && cmp "$work/hello.img" "$work/again.img"
row 'same input twice: files that differ' 0 '' 0

if [ "${1-}" != quick ]; then
    compile_rows SQLite build/apps/sqlite.wasm
    wasm-strip build/apps/python.wasm -o "$work/python.wasm" # what wasm2c leaves unread too: 13 MB of 26 MB are DWARF
    compile_rows CPython "$work/python.wasm"
fi
