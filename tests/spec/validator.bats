#!/usr/bin/env bats
# The decoder and validator against the official test scripts of WebAssembly, where SPEC has them (../shared/spec).

@test "official scripts: valid modules are accepted, invalid and malformed ones refused" {
    cd "$BATS_TEST_DIRNAME/../.."
    spec=${SPEC:-../shared/spec}
    [ -d "$spec" ] || skip "$spec is not there"
    run timeout 600 node tests/spec/validate.mjs build/spec "$spec"
    echo "$output"
    [ "$status" = 0 ]
}
