# The cache of compiled objects: what is in it is used, and never trusted.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH

setup() {
    cd "$BATS_TEST_TMPDIR"
    export MEWZ_CACHE_DIR=$BATS_TEST_TMPDIR/cache MEWZ_CACHE_SIZE=100M
    write_module a 1
}

# write_module NAME NUMBER: a module with a function that returns the number
write_module() {
    echo "(module (memory 1) (func (export \"_start\") (drop (i32.load (i32.const $2)))))" >"$1.wat"
    wat2wasm "$1.wat" -o "$1.wasm"
}

# compiles STAGE ARG...: compile a.wasm; the object comes from there ("compile", "cached")
compiles() {
    local stage=$1
    shift
    run --separate-stderr timeout 60 mewz-cc compile -v a.wasm -o a.o "$@"
    printf 'exit code %s\nstderr: %.2000s\n' "$status" "$stderr"
    [ "$status" = 0 ]
    grep -q "^$stage " <<<"$stderr"
}

entries() {
    find cache/objects -type f | wc -l
}

@test "the second time the same object comes from the cache" {
    compiles compile
    mv a.o first.o
    compiles cached
    cmp first.o a.o
    compiles compile --no-cache
    cmp first.o a.o
}

@test "another option, name or content is another object" {
    compiles compile
    compiles compile -O1
    compiles compile --memory-max 1M
    compiles compile --allow-missing
    compiles compile -g
    cp a.wasm b.wasm
    timeout 60 mewz-cc compile b.wasm -o b.o
    [ "$(entries)" = 6 ]
    write_module a 2
    compiles compile
    compiles cached
    [ "$(entries)" = 7 ]
}

@test "what depends on this machine's processor is not kept" {
    compiles compile --cpu native
    compiles compile --cpu native
}

@test "damaged and truncated entries are made anew" {
    compiles compile
    mv a.o first.o
    entry=$(find cache/objects -type f)
    printf x | dd of="$entry" bs=1 seek=200 conv=notrunc status=none
    compiles compile
    cmp first.o a.o
    compiles cached
    truncate -s 300 "$entry"
    compiles compile
    : >"$entry"
    compiles compile
    compiles cached
    cmp first.o a.o
}

@test "builds at the same time agree" {
    for i in 1 2 3 4; do
        timeout 120 mewz-cc compile a.wasm -o "a$i.o" 3>&- &
    done
    wait
    for i in 2 3 4; do
        cmp a1.o "a$i.o"
    done
    [ "$(entries)" = 1 ]
    compiles cached
}

@test "those used longest ago go first" {
    compiles compile
    size=$(stat -c %s "$(find cache/objects -type f)")
    export MEWZ_CACHE_SIZE=$((size * 2 + size / 2))
    compiles compile -O1
    compiles cached
    compiles compile -O0 --memory-max 1M # the third: -O1 went
    compiles cached
    [ "$(entries)" = 2 ]
    compiles compile -O1
}

@test "no room, no cache, no folder: it compiles all the same" {
    MEWZ_CACHE_SIZE=0 compiles compile
    [ ! -e cache ]
    MEWZ_CACHE_SIZE=100 compiles compile
    [ "$(entries)" = 0 ]
    : >file
    MEWZ_CACHE_DIR=$PWD/file compiles compile
    env -u MEWZ_CACHE_DIR -u XDG_CACHE_HOME -u HOME mewz-cc compile a.wasm -o a.o
}

@test "a full disk: it compiles all the same, and leaves nothing half-written" {
    unshare --user --map-root-user --mount true 2>/dev/null || skip "no mount namespaces"
    # shellcheck disable=SC2016
    run unshare --user --map-root-user --mount bash -euc 'mkdir small
        mount -t tmpfs -o size=8k none small
        mkdir small/objects
        head -c 8192 /dev/zero >small/filler || true # until the disk is full
        MEWZ_CACHE_DIR=$PWD/small timeout 60 mewz-cc compile a.wasm -o a.o
        find small/objects -type f | wc -l'
    echo "$output"
    [ "$status" = 0 ]
    [ "$output" = 0 ]
    [ -s a.o ]
}
