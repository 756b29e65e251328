# What the tools say for other tools to read: inspect, doctor and build with --json, and the bill of materials.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
PATH=$ROOT/bin:$PATH

setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
}

# json EXPRESSION COMMAND...: the expression's value for the JSON `it` that the command prints
json() {
    local expression=$1
    shift
    "$@" | node -e '
        const it = JSON.parse(require("fs").readFileSync(0));
        process.stdout.write(JSON.stringify(eval(process.argv[1])));' "$expression"
}

digest() {
    sha256sum <"$1" | cut -d' ' -f1
}

@test "inspect names the module by its digest, and the kernel's version, in every format" {
    wasm=$GUESTS/facts.wasm
    mewz-cc compile "$wasm" -o app.o
    mewz-cc build app.o -o app.qcow2 --env A=b -- 'two words'
    mewz-cc build app.o -o app.elf
    mewz-cc build app.o -o app --target x86_64-linux
    for file in app.qcow2 app.elf app app.o; do
        run mewz-cc inspect "$file"
        [[ $output == *"module       SHA-256 $(digest "$wasm")"* ]]
        [ "$(json it.module_sha256 mewz-cc inspect "$file" --json)" = "[\"$(digest "$wasm")\"]" ]
    done
    version=$(mewz-cc --version)
    [ "$(json it.kernel mewz-cc inspect app.qcow2 --json)" = "\"${version#mewz-cc }\"" ]
    [ "$(json 'it.arguments' mewz-cc inspect app.qcow2 --json)" = '["facts.wasm","two words"]' ]
    [ "$(json 'it.environment' mewz-cc inspect app.qcow2 --json)" = '["A=b"]' ]
    [ "$(json 'it.kind' mewz-cc inspect app.qcow2 --json)" = '"image"' ]
}

@test "where a program comes from takes no memory" {
    mewz-cc build "$GUESTS/facts.wasm" -o app.elf
    llvm-readelf-19 -SW app.elf | grep -E '\.mewz\.(module|sdk)' >sections
    [ "$(wc -l <sections)" = 2 ]
    run ! grep -E ' +A +' sections
}

@test "inspect a module as JSON" {
    wasm=$GUESTS/hello.wasm
    [ "$(json 'it.imports.find(i => i.name.endsWith("fd_write")).systems' mewz-cc inspect "$wasm" --json)" = \
        '["x86_64-mewz","x86_64-linux"]' ]
    [ "$(json 'it.exports.find(e => e.name == "_start").type' mewz-cc inspect "$wasm" --json)" = '"->"' ]
    [ "$(json 'it.bytes' mewz-cc inspect "$wasm" --json)" = "$(stat -c %s "$wasm")" ]
    [ "$(json 'it.sections.some(s => s.name == "code")' mewz-cc inspect "$wasm" --json)" = true ]
}

@test "sizes of functions are the same in a module, its object, its executable and its image" {
    wasm=$GUESTS/facts.wasm
    mewz-cc compile "$wasm" -o app.o
    mewz-cc build app.o -o app --target x86_64-linux
    mewz-cc build app.o -o app.qcow2
    mewz-cc inspect "$wasm" --sizes >module
    grep -q '^section .* code' module
    grep -E '^(code|function)' module >sizes
    for file in app.o app app.qcow2; do
        mewz-cc inspect "$file" --sizes | cmp - sizes
    done
    sed -n 's/^function *//p' sizes | sort -s -c -k1,1nr

    native=$(llvm-readelf-19 -sW app.o | awk '$8 ~ /^wasm.*\.printf_core$/ { print $3 }')
    [ "$(json 'it.functions.find(f => f.name == "printf_core").native' mewz-cc inspect app --sizes --json)" = "$native" ]
    wasm-objdump -x "$wasm" >dump
    size=$(sed -nE 's/^ - func\[[0-9]+\] size=([0-9]+) <printf_core>$/\1/p' dump)
    [ "$(json 'it.functions.find(f => f.name == "printf_core").wasm' mewz-cc inspect app --sizes --json)" = "$size" ]
}

@test "sizes follow the options for compiling, and need a program" {
    [ "$(json it.code.native mewz-cc inspect "$GUESTS/facts.wasm" --sizes --json)" != \
        "$(json it.code.native mewz-cc inspect "$GUESTS/facts.wasm" --sizes --json -O0)" ]
    run -1 mewz-cc inspect "$(command -v node)" --sizes
    [[ $output == *"no program in it"* ]]
    run -1 mewz-cc inspect "$ROOT/Makefile" --sizes
    [[ $output == *"Makefile: neither a WebAssembly module nor"* ]]
}

@test "build says what it made" {
    mewz-cc build "$GUESTS/hello.wasm" -o app.vmdk --json >summary
    [ "$(json '[it.output, it.format]' cat summary)" = '["app.vmdk","vmdk"]' ]
    [ "$(json it.sha256 cat summary)" = "\"$(digest app.vmdk)\"" ]
    [ "$(json it.bytes cat summary)" = "$(stat -c %s app.vmdk)" ]
}

@test "doctor as JSON" {
    [ "$(json it.complete mewz-cc doctor --json)" = true ]
    run "$(command -v env)" PATH=/nowhere "$ROOT/bin/mewz-cc" doctor --json
    [ "$status" = 1 ]
    [ "$(json 'it.tools.filter(t => !t.found).map(t => t.package)[0]' echo "$output")" = '"lld-19"' ]
}

@test "a bill of materials names what is in the image, and nothing else" {
    mewz-cc build "$GUESTS/sockets.wasm" -o app.img --sbom net.json
    mewz-cc build "$GUESTS/hello.wasm" -o app.iso --sbom hello.json
    mewz-cc build "$GUESTS/hello.wasm" -o app.elf --disk data:/ --sbom disk.json
    [ "$(json 'it.bomFormat + it.specVersion' cat net.json)" = '"CycloneDX1.5"' ]
    [ "$(json 'it.components.map(c => c.name)' cat net.json)" = '["sockets.wasm","mewz","lwip"]' ]
    [ "$(json 'it.components.map(c => c.name)' cat hello.json)" = '["hello.wasm","mewz"]' ]
    [ "$(json 'it.components.map(c => c.name)' cat disk.json)" = '["hello.wasm","mewz","libext2fs"]' ]
    [ "$(json 'it.components[2].licenses[0].license.id' cat disk.json)" = '"LGPL-2.0-only"' ]
    [ "$(json 'it.components[0].hashes[0].content' cat net.json)" = "\"$(digest "$GUESTS/sockets.wasm")\"" ]
    grep -q "lwip.*$(json 'it.components[2].version' cat net.json | tr -d '"')" "$ROOT/scripts/sources.list"
    mewz-cc convert app.img -o app.elf
    [ "$(json 'it.metadata.component.hashes[0].content' cat net.json)" = "\"$(digest app.elf)\"" ]
    cp net.json first.json
    mewz-cc build "$GUESTS/sockets.wasm" -o app.img --sbom net.json
    cmp net.json first.json
}

@test "a function's instructions stand above the native ones that they became" {
    cat >app.wat <<'END'
(module
  (memory 1)
  (func $inner (param i32) (result i32) (i32.load offset=8 (local.get 0)))
  (table funcref (elem $other $unlike))
  (func $other (param i32) (i32.store (i32.const 0) (i32.div_u (i32.const 7) (local.get 0))))
  (func (export "_start")
    (f32.store (i32.const 4) (f32.const nan:0x200000))
    (i32.store offset=16 (i32.const 0) (call $inner (i32.load (i32.const 12))))
    (call_indirect (param i32) (i32.const 7) (i32.load (i32.const 20))))
  (func $unlike (param i32) (i32.store (i32.const 24) (local.get 0)))
  (func $unused))
END
    mewz-cc inspect app.wat --function other >listing
    grep -qE '^function +1 other: [0-9]+ bytes of wasm, [0-9]+ native$' listing
    sed -n '/ i32.div_u$/,/ i32.store$/p' listing | grep -qE '^ +[0-9a-f]+  divl '
    sed -n '/ i32.store$/,/ end$/p' listing | grep -qE '^ +[0-9a-f]+  movl .*, .*\(%rip\)$'
    mewz-cc inspect app.wat --function 2 >listing
    grep -q ' call 0 ;; inner$' listing
    grep -q ' f32.const nan:0x200000$' listing
    mewz-cc inspect app.wat --function unused | grep -q '0 native: nothing calls it, or it was inlined'
    grep -q ' call_indirect 0 (type 1)$' listing
    sed '1,/^inlined .*0 inner$/d' listing | grep -A1 ' i32.load offset=8$' | grep -q '  mov'
}

@test "a function's native code is the one that build makes, whole" {
    wasm=$GUESTS/facts.wasm
    for option in -O0 -O2; do
        mewz-cc build "$wasm" -o app --format elf --target x86_64-linux $option
        symbol=$(llvm-readelf-19 -sW app | awk '$8 ~ /^wasm.*\.printf_core$/ { print $8 }')
        llvm-objdump-19 -d --no-show-raw-insn --disassemble-symbols="$symbol" app |
            awk '/^ +[0-9a-f]+:/ { print $2 }' | sed '${/^nop/d}' >expected # what fills up before the next function
        node -e '
            const it = JSON.parse(require("fs").readFileSync(0));
            const natives = it.instructions.flatMap(i => i.native).sort((a, b) => a.offset - b.offset);
            for (const native of natives) console.log(native.text.split(" ")[0]);' \
            < <(mewz-cc inspect "$wasm" --function printf_core --json $option) >found
        [ "$(wc -l <found)" -gt 100 ]
        cmp found expected
    done
}

@test "a function's instructions are those that another disassembler finds" {
    wasm=$GUESTS/facts.wasm
    wasm-objdump -d "$wasm" | sed '1,/ <printf_core>:$/d' | awk '/^[^ ].*>:$/ { exit } / \| / { sub(/.*\| */, ""); print $1 }' |
        grep -Ev '^(local\[.*)?$' >expected
    mewz-cc inspect "$wasm" --function printf_core | sed '/^inlined/,$d' | awk '/^0x/ && $2 != "entry" { print $2 }' >found
    [ "$(wc -l <found)" -gt 100 ]
    cmp found expected
}

@test "a function's instructions, assembled again, are the same bytes" {
    source=$ROOT/tests/e2e/immediates.wat
    wat2wasm --enable-threads "$source" -o app.wasm
    mewz-cc inspect app.wasm --function _start >listing
    {
        sed '/(func (export/q' "$source"
        sed '/^inlined/,$d; /^0x/!d; / entry$/d; s/^0x[0-9a-f]* *//' listing | sed '$d' # `end` is the parenthesis here
        echo '))'
    } >again.wat
    wat2wasm --enable-threads --enable-multi-memory again.wat -o again.wasm
    cmp again.wasm app.wasm
}

@test "a function that is not there" {
    wasm=$GUESTS/facts.wasm
    run -1 mewz-cc inspect "$wasm" --function pritnf
    [[ $output == *"no function pritnf, did you mean printf?" ]]
    run -1 mewz-cc inspect "$wasm" --function 99999
    [[ $output == *"no function 99999"* ]]
    run -1 mewz-cc inspect "$wasm" --function 0
    [[ $output == *"is an import"* ]]
    mewz-cc compile "$wasm" -o app.o
    run -2 mewz-cc inspect "$wasm" --function printf --sizes
    [[ $output == *"--sizes or --function, not both" ]]
    run -1 mewz-cc inspect app.o --function printf
    [[ $output == *"app.o: is compiled already, --function is for modules" ]]
}
