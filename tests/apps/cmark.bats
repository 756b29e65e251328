# cmark renders a document of 2 MB on every system as it does on Node.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/cmark.wasm"
    node "$BATS_TEST_DIRNAME/generate.mjs" markdown 2000000 >"$BATS_FILE_TMPDIR/input"
}

@test "cmark: HTML on Linux" { expect_same linux "$BATS_FILE_TMPDIR/input"; }
@test "cmark: HTML in the unikernel" { expect_same elf "$BATS_FILE_TMPDIR/input"; }
@test "cmark: HTML from the disk image" { expect_same bios "$BATS_FILE_TMPDIR/input"; }
@test "cmark: man page on Linux" { expect_same linux "$BATS_FILE_TMPDIR/input" --to man --smart; }
@test "cmark: man page in the unikernel" { expect_same elf "$BATS_FILE_TMPDIR/input" --to man --smart; }
@test "cmark: a wrong option" { expect_same elf /dev/null --no-such-option; }
