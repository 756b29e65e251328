#!/bin/bash
# run.sh [PROGRAM...]: the programs of programs.list in machine code of four makers, side by side.
#
#   native   clang-19 -O2 of the same C for Linux
#   mewz     the wasm that clang-19 -O2 makes of it, by mewz-cc build --target x86_64-linux ($MEWZ_FLAGS: more of its options)
#   v8       the same wasm on Node
#   wasm2c   the same wasm by wasm2c and clang-19 -O2
#
# They run in turns, $ROUNDS times. What is compared is the time that a processor worked for the program, which a busy
# machine disturbs less than the time on the clock, and of it the median. All must write the same. The table goes to
# stdout, the picture and the samples to build/compute/. Fails if a program's outputs differ.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../../.."
PATH=$PWD/bin:$PATH
export MEWZ_CACHE_SIZE=0
suite=tests/bench/compute
out=build/compute
ROUNDS=${ROUNDS:-5}
MAKERS=${MAKERS:-native mewz v8 wasm2c}
mkdir -p $out/inputs

list() {
    sed '/^#/d' $suite/programs.list
}

# --- inputs ---

make_input() {
    case $1 in
    corpus)
        [ -f $out/sqlite.wasm ] || $suite/build.sh sqlite wasm $out/sqlite.wasm
        cat $out/src/sqlite/sqlite3.c $out/sqlite.wasm
        node tests/apps/generate.mjs markdown 8000000
        ;;
    sql) node tests/apps/generate.mjs sql 30000 | grep -v no_such_table ;;
    markdown) node tests/apps/generate.mjs markdown 12000000 ;;
    json) node $suite/json.mjs ;;
    *) cat "$suite/$1" ;;
    esac
}

input_of() {
    local name=$1 file=$out/inputs/${1:-none}
    if [ ! -f "$file" ]; then
        [ -z "$name" ] || make_input "$name" >"$file.part"
        [ -n "$name" ] || : >"$file.part"
        mv "$file.part" "$file"
    fi
    echo "$file"
}

# --- the programs of each maker ---

# WASI functions that the host of wasm2c's programs does not have.
write_missing() {
    sed -nE 's/^(u32 Z_wasi_snapshot_preview1Z_[a-z_]+)(\(.*\));$/__attribute__((weak)) \1\2 { return 52; }/p' "$1"
}

make_wasm2c() {
    local program=$1 module=$out/$1.c
    wasm2c --module-name=app "$out/$program.wasm" -o "$module" || return 1
    { echo "#include \"$program.h\"" && write_missing "$out/$program.h"; } >"$out/$program.missing.c"
    clang-19 -std=gnu2x -O2 -w -I$out -I/usr/share/wabt/wasm2c -DHEADER="\"$program.h\"" -o "$out/$program.wasm2c" \
        "$module" "$out/$program.missing.c" $suite/wasm2c_host.c /usr/share/wabt/wasm2c/wasm-rt-impl.c -lm
}

make_program() {
    local program=$1
    [ -f "$out/$program.native" ] || $suite/build.sh "$program" native "$out/$program.native"
    [ -f "$out/$program.wasm" ] || $suite/build.sh "$program" wasm "$out/$program.wasm"
    [[ " $MAKERS " != *" wasm2c "* ]] || [ -f "$out/$program.wasm2c" ] || make_wasm2c "$program" 2>"$out/$program.wasm2c.log" ||
        echo "$program: wasm2c cannot: $(head -n 1 "$out/$program.wasm2c.log")" >&2
    # shellcheck disable=SC2086
    mewz-cc build "$out/$program.wasm" -o "$out/$program.mewz" --target x86_64-linux --format elf ${MEWZ_FLAGS-}
}

# --- one run, and all of them ---

run_once() {
    local program=$1 maker=$2 input=$3
    shift 3
    if [ "$maker" = v8 ]; then
        TIME=$out/time timeout 300 node --no-turbo-fast-api-calls --no-warnings $suite/v8.mjs "$out/$program.wasm" "$@" <"$input" >"$out/output" 2>>"$out/stderr"
        awk '{ print int($1 / 1000) }' $out/time
    else
        # shellcheck disable=SC2016
        timeout 300 build/bench/measure sh -c 'output=$1; shift; exec "$@" >"$output"' - $out/output "$out/$program.$maker" "$@" \
            <"$input" 2>>"$out/stderr" | cut -d ' ' -f 4
    fi
}

measure_program() {
    local program=$1 input=$2 maker time
    shift 2
    for ((round = 0; round < ROUNDS; round++)); do
        for maker in $MAKERS; do
            [ "$maker" = v8 ] || [ -f "$out/$program.$maker" ] || continue
            time=$(run_once "$program" "$maker" "$input" "$@")
            [ "$maker" != native ] || cp $out/output $out/wanted
            cmp $out/output $out/wanted || { echo "$program: $maker writes something else than native" >&2 && exit 1; }
            printf '%s\t%s\t%s\n' "$program" "$maker" "$time" >>$out/samples
        done
    done
}

: >$out/samples
: >$out/stderr
[ -f $out/src/native/sqlite/sqlite3.c ] || make_program sqlite
while IFS=$'\t' read -r program input arguments; do
    [ $# = 0 ] || [[ " $* " == *" $program "* ]] || continue
    make_program "$program"
    # shellcheck disable=SC2086
    measure_program "$program" "$(input_of "$input")" $arguments
done < <(list)
node $suite/report.mjs $out/samples $out/compute.svg
