# shellcheck disable=SC2016 # dollars are JavaScript's, and the debugger's
# -g: source lines in backtraces and in the debugger, of the Linux process and of the machine.
load ../lib/guests

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    clang-19 --target=wasm32-wasi -g -O0 -o app.wasm "$BATS_TEST_DIRNAME/debug.c"
    mewz-cc build -g app.wasm -o app --target x86_64-linux --format elf
    mewz-cc build -g app.wasm -o app.elf
}

# line TEXT: the number of the line in the source that has the text.
line() {
    grep -nF "$1" "$BATS_TEST_DIRNAME/debug.c" | head -n 1 | cut -d: -f1
}

# Leaves out what gdb says about itself.
debug() {
    timeout 60 gdb -nx -batch -ex 'set width 0' "$@" >gdb.log 2>&1 || true
    cat gdb.log
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

@test "a backtrace shows the source's lines" {
    run --separate-stderr ./app more
    echo "$stderr"
    [ "$status" = 134 ]
    grep -Eq "^ +at 0x[0-9a-f]+ in abort \(.*abort\.c:[0-9]+\)" <<<"$stderr"
    mewz-cc build app.wasm -o plain --target x86_64-linux --format elf
    run --separate-stderr ./plain more
    grep -Eq '^ +at 0x[0-9a-f]+ in abort(,.*)?$' <<<"$stderr"
}

# 7,000 functions, whose code is made in several parts; each of those below calls one of the next part.
write_large_module() {
    awk 'BEGIN {
        count = 7000; step = 1999
        print "(module (memory (export \"memory\") 1)"
        for (i = 0; i < count; i++) {
            call = "(i32.add (call $f" i + step " (i32.div_u (i32.const 100) (local.get 0))) (i32.const " i "))"
            printf "(func $f%d (param i32) (result i32) %s)\n", i, i + step < count ? call : "(unreachable)"
        }
        print "(func (export \"_start\") (drop (call $f17 (i32.const 3)))))"
    }' >"$1"
}

@test "a backtrace through all parts of a large module: V8's places" {
    write_large_module large.wat
    wat2wasm --debug-names large.wat -o large.wasm
    mewz-cc build large.wasm -o large --target x86_64-linux --format elf
    run --separate-stderr ./large
    [ "$status" = 134 ]
    node -e 'WebAssembly.instantiate(require("fs").readFileSync("large.wasm")).then(({ instance }) =>
        instance.exports._start()).catch(error => {
            for (const [, name, offset] of error.stack.matchAll(/at (f[0-9]+) [^\n]*:(0x[0-9a-f]+)\)/g))
                console.log(`    at ${offset} in ${name}`);
        })' >places
    [ "$(wc -l <places)" = 4 ]
    diff <(sed -n 2,5p <<<"$stderr") places
}

@test "gdb on Linux: breakpoints, lines, callers, locals of wasm" {
    debug -ex 'break sum' -ex run -ex backtrace -ex 'print local1 * 100' -ex next -ex next -ex "break debug.c:$(line 'is within')" -ex continue \
        -ex 'info source' app
    grep -q "^Breakpoint 1, .*sum (.*) at .*debug.c:" gdb.log
    grep -q '^\$1 = 400$' gdb.log # the parameter `count`, which is a local of wasm
    grep -Eq "^#1 .* main \(.*\) at .*debug.c:$(line '= {argc')$" gdb.log
    grep -q "^$(line 'total += ').*total += values" gdb.log
    grep -q "^Breakpoint 2, .*check (.*) at .*debug.c:$(line 'is within')" gdb.log
    grep -q 'is within %d' gdb.log
}

@test "gdb on the machine: breakpoints, lines, callers" {
    mewz-cc run app.elf --gdb 21235 >out 2>err 3>&- &
    local machine=$!
    timeout 60 bash -c 'until grep -q 21235 err && (: <>/dev/tcp/127.0.0.1/21235) 2>/dev/null; do :; done'
    debug -ex 'target remote 127.0.0.1:21235' -ex 'hbreak check' -ex continue -ex backtrace -ex next -ex detach app.elf
    grep -Eq "^#0 .*check \(.*\) at .*debug.c:" gdb.log
    grep -Eq "^#1 .* main \(.*\) at .*debug.c:$(line 'check(&point')$" gdb.log
    wait "$machine"
    [ "$(cat out)" = "101 is within 1000" ]
}

@test "damaged debug information is no error" {
    for seed in $(seq 10); do
        node -e '
            const fs = require("fs"), bytes = fs.readFileSync("app.wasm");
            let state = BigInt(process.argv[1]) * 6364136223846793005n;
            const next = (n) => Number((state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn) >> 33n) % n;
            for (const name of [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"]) {
                const at = bytes.indexOf(name) + name.length;
                for (let i = 0; i < 20; i++) bytes[at + next(400)] = next(256);
            }
            fs.writeFileSync("damaged.wasm", bytes);' "$seed"
        timeout 60 mewz-cc compile -g damaged.wasm -o damaged.o
    done
}
