#!/usr/bin/env bats
# Compiled code against the assertions of the official test scripts of WebAssembly, where ../shared/spec has them.

@test "official scripts: what can be compiled gives the results and traps that they assert" {
    cd "$BATS_TEST_DIRNAME/../.."
    [ -d ../shared/spec ] || skip "../shared/spec is not there"
    run timeout 900 node tests/spec/execute.mjs build/spec/object build/spec/runtime.o ../shared/spec
    echo "$output"
    [ "$status" = 0 ]
}
