# Modules whose code is made in several parts (sdk/llvm/plan.h).
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# write_large_module CALL: 7,000 functions, of which each, but for those of the last part, calls one of the next part.
# _start calls the one with number 17.
write_large_module() {
    awk -v call="$1" 'BEGIN {
        count = 7000; step = 1999
        print "(module (memory (export \"memory\") 1)"
        for (i = 0; i < count; i++) {
            body = call
            gsub(/NEXT/, "$f" i + step, body)
            printf "(func $f%d (param i32) (result i32) %s)\n", i, i + step < count ? body : "(unreachable)"
        }
        print "(func (export \"_start\") (drop (call $f17 (i32.const 3)))))"
    }' >large.wat
    wat2wasm --enable-tail-call --debug-names large.wat -o large.wasm
    mewz-cc build large.wasm -o large --target x86_64-linux --format elf
}

@test "a backtrace through all parts of a large module: V8's places" {
    write_large_module '(i32.add (call NEXT (i32.div_u (i32.const 100) (local.get 0))) (i32.const 5))'
    run --separate-stderr ./large
    [ "$status" = 134 ]
    node -e 'WebAssembly.instantiate(require("fs").readFileSync("large.wasm")).then(({ instance }) =>
        instance.exports._start()).catch(error => {
            for (const [, name, offset] of error.stack.matchAll(/at (f[0-9]+) [^\n]*:(0x[0-9a-f]+)\)/g))
                console.log(`    at ${offset} in ${name}`);
        })' >places
    [ "$(wc -l <places)" = 4 ]
    # shellcheck disable=SC2154
    diff <(sed -n 2,5p <<<"$stderr") places
}

@test "tail calls from one part to another" {
    write_large_module '(return_call NEXT (local.get 0))'
    run --separate-stderr ./large
    [ "$status" = 134 ]
    sed -n 2p <<<"$stderr" | grep -q ' in f6014$'
}
