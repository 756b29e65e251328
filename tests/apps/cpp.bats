# A C++ program with its standard library.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/cpp.wasm"
    echo 'some words and the longestwordofall here' >"$BATS_FILE_TMPDIR/input"
}

@test "cpp: on Linux" { expect_same linux "$BATS_FILE_TMPDIR/input" a 'b c' ''; }
@test "cpp: in the unikernel" { expect_same elf "$BATS_FILE_TMPDIR/input" a 'b c' ''; }
@test "cpp: from the disk image" { expect_same bios "$BATS_FILE_TMPDIR/input" a 'b c' ''; }
