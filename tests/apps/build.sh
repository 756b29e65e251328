#!/bin/sh
# build.sh APP OUT [native]: build one of the applications for WASI, or for Linux. Works in OUT's folder, under src/.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
app=$1
out=$(realpath -m "$2")
system=${3-wasm}
work=$(dirname "$out")/src/$app
[ "$system" = wasm ] || work=$(dirname "$out")/src/$system/$app

emulated="-D_WASI_EMULATED_SIGNAL -lwasi-emulated-signal -D_WASI_EMULATED_PROCESS_CLOCKS
    -lwasi-emulated-process-clocks -D_WASI_EMULATED_GETPID -lwasi-emulated-getpid
    -D_WASI_EMULATED_MMAN -lwasi-emulated-mman"

unpack() {
    rm -rf "$work"
    mkdir -p "$work"
    tar -C "$work" --strip-components=1 -xf "$("$here/../../scripts/fetch.sh" "$1")"
    cd "$work"
}

compile() {
    [ "$system" = wasm ] || {
        # shellcheck disable=SC2086
        clang-19 -O2 -w -D_GNU_SOURCE -o "$out.part" "$@" -lm
        return
    }
    # shellcheck disable=SC2086
    clang-19 --target=wasm32-wasi -O2 -w -D_GNU_SOURCE -I"$here/include" -include posix.h $emulated -o "$out.part" "$@"
}

case $app in
bzip2)
    unpack bzip2
    compile blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c bzip2.c
    ;;
cmark)
    unpack cmark
    sed 's/#cmakedefine/#define/' src/config.h.in >src/config.h
    sed 's/@PROJECT_VERSION_[A-Z]*@/0/g' src/cmark_version.h.in >src/cmark_version.h
    printf '#define CMARK_EXPORT\n' >src/cmark_export.h
    compile -Isrc src/*.c
    ;;
zstd)
    unpack libzstd
    compile -DZSTD_DISABLE_ASM -DZSTD_NOBENCH -DZSTD_NODICT -DZSTD_NOTRACE -DBACKTRACE_ENABLE=0 -DXXH_NAMESPACE=ZSTD_ -Ilib/common \
        lib/common/*.c lib/compress/*.c lib/decompress/*.c \
        programs/zstdcli.c programs/fileio.c programs/fileio_asyncio.c programs/util.c programs/timefn.c
    ;;
lua)
    unpack lua5.4
    # WASI has no temporary names and no other programs.
    rm src/luac.c
    compile -mllvm -wasm-enable-sjlj -mexception-handling -I"$here/eh" -DLUA_TMPNAMBUFSIZE=1 -D'lua_tmpnam(b, e)=(e = 1)' \
        "$here/eh/longjmp.c" src/*.c
    ;;
sqlite)
    unpack sqlite3
    ./configure --disable-readline >build.log 2>&1
    make sqlite3.c shell.c >>build.log 2>&1
    compile -I. -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_NOHAVE_SYSTEM -DSQLITE_OMIT_POPEN \
        -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE shell.c sqlite3.c
    ;;
*)
    echo "build.sh: unknown application $app" >&2
    exit 1
    ;;
esac
mv "$out.part" "$out"
