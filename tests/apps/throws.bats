# C++ with exceptions of wasm, in its standard library too.
load ../lib/systems

setup_file() {
    build_systems "$ROOT/build/apps/throws.wasm"
}

@test "throws: on Linux" { expect_same linux /dev/null; }
@test "throws: in the unikernel" { expect_same elf /dev/null; }
@test "throws: from the disk image" { expect_same bios /dev/null; }

@test "throws: nobody catches" {
    run --separate-stderr run_on linux more
    echo "$stderr"
    [ "$status" = 134 ]
    [ "$(head -n 1 <<<"$stderr")" = "program.wasm: trap: uncaught exception" ]
    grep -q 'in __cxa_throw' <<<"$stderr"
    grep -q 'in main' <<<"$stderr"
}
