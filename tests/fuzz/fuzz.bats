#!/usr/bin/env bats
# A short run of each fuzzer, the same one each time. `make fuzz` runs them for long.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

@test "decoder and validator: 100,000 changes to seeds" {
    node tests/fuzz/seeds.mjs "$BATS_TEST_TMPDIR/seeds"
    run timeout 300 build/fuzz/validate -runs=100000 -seed=1 -max_len=4096 -rss_limit_mb=256 -timeout=20 \
        -artifact_prefix="$BATS_TEST_TMPDIR/" "$BATS_TEST_TMPDIR/seeds"
    echo "${output: -2000}"
    [ "$status" = 0 ]
    [[ $output == *"Done 100000 runs"* ]]
}

@test "debug information: 100,000 changes to seeds" {
    node tests/fuzz/seeds.mjs "$BATS_TEST_TMPDIR/seeds"
    run timeout 300 build/fuzz/debug -runs=100000 -seed=1 -max_len=4096 -rss_limit_mb=256 -timeout=20 \
        -artifact_prefix="$BATS_TEST_TMPDIR/" "$BATS_TEST_TMPDIR/seeds-debug"
    echo "${output: -2000}"
    [ "$status" = 0 ]
    [[ $output == *"Done 100000 runs"* ]]
}

@test "programs made by chance do the same as in Node" {
    run timeout 300 node tests/fuzz/differ.mjs bin/mewz-cc "$BATS_TEST_TMPDIR/differ" 0 60
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == "60 programs, "*", 0 differ" ]]
}

@test "what differs is seen: a compiler that gives a NaN another sign" {
    cat >"$BATS_TEST_TMPDIR/wrong-cc" <<'END'
#!/usr/bin/env node
const { readFileSync, writeFileSync } = require("node:fs"), { spawnSync } = require("node:child_process");
const [, wasm, , out] = process.argv.slice(2);
const code = readFileSync(wasm).toString("hex").replaceAll("44000000000000f87f", "44000000000000f8ff");
writeFileSync(out + ".wasm", Buffer.from(code, "hex"));
process.exitCode = spawnSync("bin/mewz-cc", ["build", out + ".wasm", "-o", out, "--target", "x86_64-linux"]).status;
END
    chmod +x "$BATS_TEST_TMPDIR/wrong-cc"
    run timeout 300 node tests/fuzz/differ.mjs "$BATS_TEST_TMPDIR/wrong-cc" "$BATS_TEST_TMPDIR/differ" 0 30
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *": output differs at byte "* ]]
    [ -n "$(ls "$BATS_TEST_TMPDIR/differ")" ]
}
