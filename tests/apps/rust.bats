# A Rust program with its standard library, and its two ends: process::exit(42) and a panic, which is a trap.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/rust.wasm"
    printf 'the first line\nand\nmore' >"$BATS_FILE_TMPDIR/input"
}

@test "rust: exit 42 on Linux" { expect_same linux "$BATS_FILE_TMPDIR/input" one 'two three'; }
@test "rust: exit 42 in the unikernel" { expect_same elf "$BATS_FILE_TMPDIR/input" one 'two three'; }
@test "rust: exit 42 from the disk image" { expect_same bios "$BATS_FILE_TMPDIR/input" one 'two three'; }
@test "rust: exit 42 from the disk image by UEFI" { expect_same uefi "$BATS_FILE_TMPDIR/input" one 'two three'; }

panics_on() {
    expect_same "$1" "$BATS_FILE_TMPDIR/input" panic
    grep -q "panicked at 'index out of bounds: the len is 3 but the index is 3'" "$BATS_TEST_TMPDIR/err"
    grep -q 'program.wasm: trap: unreachable$' "$BATS_TEST_TMPDIR/err"
    grep -Eq 'at 0x[0-9a-f]+ in __rust_start_panic(, inlined in .*)?$' "$BATS_TEST_TMPDIR/err"
}

@test "rust: a panic on Linux" { panics_on linux; }
@test "rust: a panic in the unikernel" { panics_on elf; }
@test "rust: a panic from the disk image" { panics_on bios; }
