# Functions that the optimiser would work on for minutes: compiled without it, they do what they should.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH

# A loop round 4,000 cases, each of which changes one of 400 locals by another one and says which case is next; `mix` is
# an ordinary function. The program exits with a number made of all of them.
write_dispatch() {
    awk 'BEGIN {
        cases = 4000; locals = 400
        print "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
        print "(func $mix (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 5)) (local.get 1)))"
        print "(func $run (param $next i32) (result i32) (local $steps i32)"
        for (i = 0; i < locals; i++) printf "(local $v%d i32)", i
        print "(loop $again"
        print "(if (i32.lt_u (local.tee $steps (i32.add (local.get $steps) (i32.const 1))) (i32.const 100000)) (then"
        for (i = cases - 1; i >= 0; i--) printf "(block $c%d ", i
        printf "(br_table"
        for (i = 0; i < cases; i++) printf " $c%d", i
        printf " (i32.rem_u (local.get $next) (i32.const %d)))", cases
        for (i = 0; i < cases; i++) {
            printf ") (local.set $v%d (call $mix (local.get $v%d) (local.get $next)))", i % locals, i * 13 % locals
            printf "(local.set $next (call $mix (local.get $next) (local.get $v%d))) (br $again)\n", i % locals
        }
        print "))) (local.get $next)"
        for (i = 0; i < locals; i++) printf "(i32.xor (local.get $v%d))", i
        print ") (memory (export \"memory\") 1)"
        print "(func (export \"_start\") (call $exit (i32.rem_u (call $run (i32.const 7)) (i32.const 125)))))"
    }' >"$1"
}

@test "a function too large for the optimiser: the same result as V8's, in seconds" {
    cd "$BATS_TEST_TMPDIR"
    write_dispatch dispatch.wat
    wat2wasm dispatch.wat -o dispatch.wasm
    timeout 60 mewz-cc build dispatch.wasm -o dispatch --target x86_64-linux --format elf --no-cache
    run -"$(node -e 'WebAssembly.instantiate(require("fs").readFileSync("dispatch.wasm"), {
        wasi_snapshot_preview1: { proc_exit: code => { console.log(code); process.exit(0); } },
    }).then(({ instance }) => instance.exports._start())')" timeout 60 ./dispatch
}
