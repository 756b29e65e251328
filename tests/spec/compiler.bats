#!/usr/bin/env bats
# Compiled code against the assertions of test scripts: the scripts here, and the official ones of WebAssembly where SPEC
# has them (../shared/spec).

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    spec=${SPEC:-../shared/spec}
}

# execute WORD...: runs scripts, none of which may fail or be left out
execute() {
    run timeout 900 node tests/spec/execute.mjs build/spec "$@"
    echo "$output"
    [ "$status" = 0 ]
    [[ "$output" == *" 0 failures; left out: 0 scripts that nothing here converts, "* ]]
}

@test "our scripts: the default CPU level and the first one" {
    for level in x86-64-v2 x86-64-v1; do
        CPU=$level execute tests/spec
    done
}

@test "what compilers take liberties with: at every level of optimisation" {
    for level in 0 1 2 3; do
        OPTIMISE=$level execute tests/spec strict.wast widths.wast identities.wast prefetch.wast
    done
}

@test "exceptions, and linked instances: where no function is inlined" {
    OPTIMISE=0 execute tests/spec exceptions.wast exnref.wast linking.wast
}

@test "official scripts: all that they assert holds, but for what needs garbage collection" {
    [ -d "$spec" ] || skip "$spec is not there"
    for folder in "$spec" "$spec/threads" "$spec/legacy"; do
        execute "$folder"
    done
}
