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
    timeout 60 gdb -nx -batch -ex 'set width 0' "$@" >gdb.log 2>&1 || true # the log says how it went
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

@test "gdb on Linux: breakpoints, lines, callers, a parameter" {
    debug -ex 'break sum' -ex run -ex backtrace -ex 'print count * 100' -ex next -ex next -ex "break debug.c:$(line 'is within')" -ex continue \
        -ex 'info source' app
    grep -q "^Breakpoint 1, .*sum (.*) at .*debug.c:" gdb.log
    grep -q '^\$1 = 400$' gdb.log # variables.bats has the other kinds
    grep -Eq "^#1 .* main \(.*\) at .*debug.c:$(line '= {argc')$" gdb.log
    grep -q "^$(line 'total += ').*total += values" gdb.log
    grep -q "^Breakpoint 2, .*check (.*) at .*debug.c:$(line 'is within')" gdb.log
    grep -q 'is within %d' gdb.log
}

@test "gdb: without debug information in the module, the locals of wasm" {
    clang-19 --target=wasm32-wasi -O0 -o bare.wasm "$BATS_TEST_DIRNAME/debug.c"
    mewz-cc build -g bare.wasm -o bare --target x86_64-linux --format elf
    debug -ex 'break sum' -ex run -ex 'print local1 * 100' bare
    grep -q '^\$1 = 400$' gdb.log # the parameter `count`
}

@test "gdb on the machine: breakpoints, lines, callers" {
    local port machine
    port=$(free_port)
    mewz-cc run app.elf --gdb "$port" >out 2>err 3>&- &
    machine=$!
    wait_until eval "grep -q $port err && (: <>/dev/tcp/127.0.0.1/$port)"
    debug -ex "target remote 127.0.0.1:$port" -ex 'hbreak check' -ex continue -ex backtrace -ex next -ex detach app.elf
    grep -Eq "^#0 .*check \(.*\) at .*debug.c:" gdb.log
    grep -Eq "^#1 .* main \(.*\) at .*debug.c:$(line 'check(&point')$" gdb.log
    wait "$machine"
    [ "$(cat out)" = "101 is within 1000" ]
}

@test "every version of DWARF gives a backtrace its lines" {
    local version
    for version in 2 3 4 5; do
        clang-19 --target=wasm32-wasi "-gdwarf-$version" -O0 -o dwarf.wasm "$BATS_TEST_DIRNAME/debug.c"
        mewz-cc build -g -O0 dwarf.wasm -o dwarf --target x86_64-linux --format elf 2>warnings
        [ ! -s warnings ]
        run --separate-stderr ./dwarf more
        echo "$version: $stderr"
        grep -Eq "^ +at 0x[0-9a-f]+ in check \($BATS_TEST_DIRNAME/debug\.c:[0-9]+\)" <<<"$stderr"
    done
}

@test "debug information cut short: one warning, and no lines" {
    node -e '
        const fs = require("fs"), bytes = fs.readFileSync("app.wasm"), leb = (at) => {
            let value = 0, shift = 0;
            for (;; shift += 7, at++) { value += (bytes[at] & 127) << shift; if (bytes[at] < 128) return [value, at + 1]; }
        };
        for (let at = 8; at < bytes.length;) {
            const [size, content] = leb(at + 1), [length, name] = leb(content);
            if (bytes[at] === 0 && bytes.toString("latin1", name, name + length) === ".debug_line") bytes[name + length + 3] = 127;
            at = content + size;
        }
        fs.writeFileSync("cut.wasm", bytes);'
    run --separate-stderr mewz-cc build -g cut.wasm -o cut --target x86_64-linux --format elf
    [ "$status" = 0 ]
    [ "$stderr" = "mewz-cc: warning: cut.wasm: its debug information is damaged: source lines are missing" ]
    run --separate-stderr ./cut more
    echo "$stderr"
    grep -Eq '^ +at 0x[0-9a-f]+ in abort(,.*)?$' <<<"$stderr"
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
