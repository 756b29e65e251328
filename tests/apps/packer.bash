# packer.bash: tests of a program that packs stdin to stdout, and unpacks with -d. Set PACKER before loading it.
#
# 20 MB go through every system in both directions, against the sums of what Node packed.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/$PACKER.wasm"
    cd "$BATS_FILE_TMPDIR"
    node "$BATS_TEST_DIRNAME/generate.mjs" markdown 20000000 >plain
    run_on node -c <plain >packed
    sha256sum <plain >plain.sum
    sha256sum <packed >packed.sum
}

packs_on() {
    cd "$BATS_FILE_TMPDIR"
    run_on "$1" -c <plain | sha256sum --check packed.sum
    [ "${PIPESTATUS[0]}" = 0 ]
}

unpacks_on() {
    cd "$BATS_FILE_TMPDIR"
    run_on "$1" -dc <packed | sha256sum --check plain.sum
    [ "${PIPESTATUS[0]}" = 0 ]
}

# What is broken is told on stderr and by the exit code.
refuses_on() {
    head -c 100000 "$BATS_FILE_TMPDIR/packed" >"$BATS_TEST_TMPDIR/broken"
    expect_same "$1" "$BATS_TEST_TMPDIR/broken" -dc
    [ -s "$BATS_TEST_TMPDIR/err" ]
}
