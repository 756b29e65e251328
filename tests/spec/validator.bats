#!/usr/bin/env bats
# The decoder and validator against the official test scripts of WebAssembly, where ../shared/spec has them.

@test "official scripts: valid modules are accepted, invalid and malformed ones refused" {
    cd "$BATS_TEST_DIRNAME/../.."
    [ -d ../shared/spec ] || skip "../shared/spec is not there"
    run timeout 600 node tests/spec/validate.mjs build/spec/verdict ../shared/spec
    echo "$output"
    [ "$status" = 0 ]
}
