# The Lua interpreter, whose errors are longjmps.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/lua.wasm"
}

@test "lua: errors, on Linux" { expect_same linux "$BATS_TEST_DIRNAME/errors.lua" -; }
@test "lua: errors, in the unikernel" { expect_same elf "$BATS_TEST_DIRNAME/errors.lua" -; }
@test "lua: errors, from the disk image" { expect_same bios "$BATS_TEST_DIRNAME/errors.lua" -; }
@test "lua: an error that nobody catches" { expect_same linux "$BATS_TEST_DIRNAME/errors.lua" - uncaught; }
