#!/bin/bash
# build.sh PROGRAM native|wasm OUT: build a program of the suite with clang-19 -O2, for Linux or for WASI.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
program=$1
system=$2
out=$(realpath -m "$3")
work=$(dirname "$out")/src/$system/$program
mkdir -p "$(dirname "$out")"

unpack() {
    rm -rf "$work"
    mkdir -p "$work"
    tar -C "$work" --strip-components=1 -xf "$("$root/scripts/fetch.sh" "$1")"
    cd "$work"
}

compile() {
    local target=()
    [ "$system" = native ] || target=(--target=wasm32-wasi)
    clang-19 "${target[@]}" -O2 -w -o "$out.part" "$@" -lm
}

# What the WASI programs of tests/apps are made of, for either system.
case $program in
bzip2 | zstd | sqlite | cmark)
    exec "$root/tests/apps/build.sh" "$program" "$out" "$system"
    ;;
zlib)
    unpack zlib
    compile -DHAVE_UNISTD_H -I. adler32.c crc32.c deflate.c inf*.c trees.c zutil.c compress.c uncompr.c gz*.c test/minigzip.c
    ;;
lua)
    unpack lua5.4
    rm -f src/lua.c src/luac.c src/linit.c src/l{io,os,db,oad}lib.c
    compile -Dl_signalT=int '-Dl_randomizePivot()=0' '-Dluai_makeseed(lua)=0' -I"$here/include" -Isrc src/l*.c "$here/lua_main.c"
    ;;
mujs)
    unpack mujs
    compile -I"$here/include" -I. one.c "$here/mujs_main.c"
    ;;
json)
    unpack cjson
    compile -I. cJSON.c "$here/json.c"
    ;;
simd)
    [ "$system" = native ] || vectors=-msimd128
    compile ${vectors:+"$vectors"} "$here/$program.c"
    ;;
*)
    compile "$here/$program.c"
    ;;
esac
mv "$out.part" "$out"
