# C with setjmp and longjmp by exceptions of wasm.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/jumps.wasm"
}

@test "jumps: on Linux" { expect_same linux /dev/null; }
@test "jumps: in the unikernel" { expect_same elf /dev/null; }
