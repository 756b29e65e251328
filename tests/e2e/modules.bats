# Programs of several modules: what one imports is what another one exports.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

setup() {
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work"
}

# A module that writes what `text` puts into the memory that both import, and ends with what a function of the table
# that both import says of 21.
write_modules() {
    cat >app.wat <<'END'
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "text" "length" (global $length i32))
  (import "text" "copy" (func $copy (param i32)))
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 4 funcref))
  (type $unary (func (param i32) (result i32)))
  (func (export "_start")
    (call $copy (i32.const 100))
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (global.get $length))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (call_indirect (type $unary) (i32.const 21) (i32.const 2)))))
END
    cat >text.wat <<'END'
(module
  (import "env" "memory" (memory 2))
  (import "env" "table" (table 3 funcref))
  (type $unary (func (param i32) (result i32)))
  (global $length (export "length") i32 (i32.const 20))
  (data $hello "hello from a module\n")
  (elem (i32.const 2) $twice)
  (func $twice (type $unary) (i32.add (local.get 0) (local.get 0)))
  (func (export "copy") (param i32)
    (memory.init $hello (local.get 0) (i32.const 0) (global.get $length))))
END
}

# A counter in a memory of its own, which traps on the third call, and a program that calls it three times.
write_counter() {
    cat >counter.wat <<'END'
(module
  (memory (export "memory") 1)
  (func $count (export "count") (result i32)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 3)) (then (drop (i32.load (i32.const 0x10000)))))
    (i32.load (i32.const 0))))
END
    cat >app.wat <<'END'
(module
  (import "counter" "count" (func $count (result i32)))
  (import "counter" "memory" (memory $theirs 1))
  (memory $mine 1)
  (func $twice
    (drop (call $count))
    (drop (call $count)))
  (func (export "_start")
    (call $twice)
    (if (i32.ne (i32.load (memory $theirs) (i32.const 0)) (i32.const 2)) (then (unreachable)))
    (if (i32.ne (i32.load (memory $mine) (i32.const 0)) (i32.const 0)) (then (unreachable)))
    (drop (call $count))))
END
    wat2wasm --enable-multi-memory --debug-names app.wat
    wat2wasm --debug-names counter.wat
}

# refused TEXT COMMAND...: one line on stderr with TEXT, exit code 1, and nothing written
refused() {
    local text=$1
    shift
    run --separate-stderr timeout 60 "$@"
    echo "exit code $status: $stderr"
    [ "$status" = 1 ]
    [ "${#stderr_lines[@]}" = 1 ]
    [[ $stderr == *$text* ]]
    [ ! -e out ]
}

@test "two modules share a memory and a table that neither has: on Linux and as a machine, as one object" {
    write_modules
    mewz-cc build app.wat text.wat -o app --target x86_64-linux
    run -42 ./app
    [ "$output" = "hello from a module" ]
    run -42 timeout 60 mewz-cc run app.wat text.wat
    [ "$output" = "hello from a module" ]
    wat2wasm text.wat -o other.wasm
    mewz-cc compile app.wat text=other.wasm -o app.o
    mewz-cc link app.o -o app.elf
    run -42 timeout 60 mewz-cc run app.elf
    [ "$output" = "hello from a module" ]
}

@test "each module has a memory of its own; a trap in the other one names it" {
    write_counter
    mewz-cc build app.wasm counter.wasm -o app --target x86_64-linux -O0
    run -134 --separate-stderr ./app
    echo "$stderr"
    [[ $stderr == *"out of bounds memory access at address 0x10000 (memory has 0x10000 bytes)"* ]]
    [[ ${stderr_lines[1]} == "    at counter.wasm:0x"*" in count" ]]
    [[ ${stderr_lines[2]} == "    at 0x"*" in _start" ]]
    run -134 --separate-stderr timeout 60 mewz-cc run app.wasm counter.wasm
    [[ ${stderr_lines[1]} == "    at counter.wasm:0x"*" in count" ]]
}

@test "a C program linked with --import-memory and --import-table runs as it is" {
    printf '#include <stdio.h>\nint main(void) { puts("imported"); return 0; }\n' >c.c
    clang-19 --target=wasm32-wasi -O2 -Wl,--import-memory,--export-memory,--import-table c.c -o c.wasm
    mewz-cc build c.wasm -o c --target x86_64-linux
    [ "$(./c)" = imported ]
    [ "$(timeout 60 mewz-cc run c.wasm)" = imported ]
}

@test "an exception goes from one module to another" {
    cat >thrower.wat <<'END'
(module (tag $tag (export "tag") (param i32))
  (func (export "throw") (param i32) (throw $tag (local.get 0))))
END
    cat >app.wat <<'END'
(module (import "thrower" "tag" (tag $tag (param i32)))
  (import "thrower" "throw" (func $throw (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $exit (try (result i32) (do (call $throw (i32.const 42)) (i32.const 1)) (catch $tag)))))
END
    wat2wasm --enable-exceptions app.wat
    wat2wasm --enable-exceptions thrower.wat
    mewz-cc build app.wasm thrower.wasm -o app --target x86_64-linux
    run -42 ./app
}

@test "start functions run in the order of the imports; modules that import from each other" {
    cat >first.wat <<'END'
(module (import "second" "add" (func $add (param i32)))
  (global $sum (export "sum") (mut i32) (i32.const 0))
  (func $start (call $add (i32.const 1)))
  (start $start))
END
    cat >second.wat <<'END'
(module (import "first" "sum" (global $sum (mut i32)))
  (func (export "add") (param i32) (global.set $sum (i32.add (local.get 0) (i32.mul (global.get $sum) (i32.const 10))))))
END
    cat >app.wat <<'END'
(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "first" "sum" (global $sum (mut i32)))
  (import "second" "add" (func $add (param i32)))
  (memory (export "memory") 1)
  (func $start (call $add (i32.const 2)))
  (func (export "_start") (call $exit (global.get $sum)))
  (start $start))
END
    mewz-cc build app.wat first.wat second.wat -o app --target x86_64-linux
    run -12 ./app
}

@test "imports that do not fit are named" {
    write_modules
    refused 'import text.copy: x86_64-linux does not have it' mewz-cc build app.wat -o out --target x86_64-linux
    sed 's/"copy"/"kopie"/' text.wat >t.wat
    refused 'import "text" "copy": unknown import: t.wat does not export it' mewz-cc build app.wat text=t.wat -o out --target x86_64-linux
    sed 's/(func (export "copy") (param i32)/(func (export "copy") (param i32 i32)/' text.wat >t.wat
    refused 'import "text" "copy": incompatible import type: t.wat defines it otherwise' mewz-cc build app.wat text=t.wat -o out --target x86_64-linux
    sed 's/(export "length") i32/(export "length") (mut i32)/' text.wat >t.wat
    refused 'import "text" "length": incompatible import type' mewz-cc build app.wat text=t.wat -o out --target x86_64-linux
    refused 'a second module "text"' mewz-cc build app.wat text.wat text=t.wat -o out --target x86_64-linux
    echo '(module (import "env" "base" (global i32)) (func (export "_start")))' >g.wat
    refused 'import "env" "base": no system provides a global' mewz-cc build g.wat -o out --target x86_64-linux
    write_counter
    sed 's/(memory (export "memory") 1)/(memory (export "memory") 0)/' counter.wat >t.wat
    refused 'import "counter" "memory": incompatible import type: t.wat defines it smaller' mewz-cc build app.wasm counter=t.wat -o out --target x86_64-linux
}

@test "WASI works on one memory: a module that has another one may not ask for it" {
    write_counter
    sed 's/(memory (export/(import "env" "first" (func)) (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))\n(memory (export/' counter.wat >t.wat
    cat >app.wat <<'END'
(module (import "counter" "count" (func $count (result i32)))
  (memory 1)
  (func (export "_start") (drop (call $count))))
END
    refused 't.wat: imports wasi_snapshot_preview1.fd_close, which works on the memory of app.wat' mewz-cc build app.wat counter=t.wat -o out --target x86_64-linux
}
