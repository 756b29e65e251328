#!/usr/bin/env bats
# Compiled code against the assertions of test scripts: the scripts here, and the official ones of WebAssembly where
# ../shared/spec has them.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

@test "our scripts: the default CPU level and the first one" {
    for level in x86-64-v2 x86-64-v1; do
        CPU=$level run timeout 300 node tests/spec/execute.mjs build/spec/object build/spec/runtime.o tests/spec
        echo "$output"
        [ "$status" = 0 ]
        [[ "$output" == *"0 failures; left out: 0 modules that link with others, 0 newer ones" ]]
    done
}

@test "exceptions: where no function is inlined" {
    OPTIMISE=0 run timeout 100 node tests/spec/execute.mjs build/spec/object build/spec/runtime.o tests/spec exceptions.wast
    echo "$output"
    [ "$status" = 0 ]
}

@test "official scripts: what can be compiled gives the results and traps that they assert" {
    [ -d ../shared/spec ] || skip "../shared/spec is not there"
    for folder in ../shared/spec ../shared/spec/threads ../shared/spec/legacy; do
        run timeout 900 node tests/spec/execute.mjs build/spec/object build/spec/runtime.o "$folder"
        echo "$output"
        [ "$status" = 0 ]
    done
}
