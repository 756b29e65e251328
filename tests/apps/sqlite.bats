# The SQLite shell on a database in memory, with a script of 10,000 rows on stdin.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/sqlite.wasm"
    node "$BATS_TEST_DIRNAME/generate.mjs" sql 10000 >"$BATS_FILE_TMPDIR/input"
}

@test "sqlite: script on Linux" { expect_same linux "$BATS_FILE_TMPDIR/input" :memory:; }
@test "sqlite: script in the unikernel" { expect_same elf "$BATS_FILE_TMPDIR/input" :memory:; }
@test "sqlite: script from the disk image" { expect_same bios "$BATS_FILE_TMPDIR/input" :memory:; }
@test "sqlite: script from the disk image by UEFI" { expect_same uefi "$BATS_FILE_TMPDIR/input" :memory:; }
@test "sqlite: an error ends with its code" { expect_same elf /dev/null -bail :memory: 'select * from nothing'; }
