# -g: the variables of the source code in gdb, in the Linux process and in the machine.
load ../lib/guests

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    clang-19 --target=wasm32-wasi -g -O0 -o app.wasm "$BATS_TEST_DIRNAME/variables.c"
    for level in 0 2; do
        mewz-cc build -g "-O$level" app.wasm -o "app$level" --target x86_64-linux --format elf
    done
    mewz-cc build -g app.wasm -o app.elf
}

# line TEXT [FILE]: the number of the line in the source that has the text.
line() {
    grep -nF "$1" "$BATS_TEST_DIRNAME/${2:-variables.c}" | head -n 1 | cut -d: -f1
}

# Leaves out what gdb says about itself.
debug() {
    timeout 60 gdb -nx -batch -ex 'set width 0' "$@" >gdb.log 2>&1 || true # the log says how it went
    cat gdb.log
}

# says TEXT: a line of gdb's is that text, but for the number in front.
says() {
    sed 's/^\$[0-9]* = //' gdb.log | grep -qxF -- "$1"
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

@test "scalars, by value: parameters as an optimised function is entered, variables at any line" {
    debug -ex 'break work' -ex run -ex 'info args' app2
    says "letter = 120 'x'"
    says 'low = -2'
    says 'big = 1099511627776'
    says 'real = 2.5'
    says 'fraction = -0.125'
    says 'flag = true'
    debug -ex "break variables.c:$(line 'sum += square')" -ex run -ex 'info locals' -ex continue -ex 'info locals' \
        -ex "break variables.c:$(line 'sum += (int)i')" -ex continue -ex 'print i' -ex 'print square' \
        -ex "break variables.c:$(line 'compare("a"')" -ex continue -ex 'print sum' -ex 'print i' -ex 'print letter' app0
    says 'square = 10'
    says 'i = 0'
    says 'square = 11'
    says 'i = 1'
    says 77
    says 'No symbol "square" in current context.'
    says 98
    says 'No symbol "i" in current context.'
    says "120 'x'"
}

@test "structures, unions, arrays, enumerations, bit fields and their types" {
    for level in 0 2; do
        debug -ex "break variables.c:$(line 'compare("a"')" -ex run -ex 'print local.weight' -ex 'print local.high' \
            -ex 'print first.color' -ex 'print word' -ex 'print grid' -ex 'print grid[1]' -ex 'print greeting' \
            -ex 'ptype local' -ex 'whatis first' -ex 'print sizeof(local)' -ex 'set var local.value = 9' \
            -ex 'print local.value + 1' "app$level"
        says 3
        says 2
        says GREEN
        says '{number = 1065353216, real = 1, bytes = "\000\000\200?"}'
        says '{{1, 2, 3}, {4, 5, 6}}'
        says '{4, 5, 6}'
        says '"hello"'
        grep -q '^    struct node \*next;$' gdb.log
        grep -q '^    unsigned int high : 5;$' gdb.log
        says 'type = struct node'
        says 32
        says 10
    done
}

@test "pointers: variables are followed as they are, members by wasm()" {
    for level in 0 2; do
        debug -ex "break variables.c:$(line 'pushes > 41')" -ex run -ex 'print list' -ex continue -ex 'print *node' \
            -ex 'print node->color' -ex 'print name' -ex 'print pushes' -ex 'print list == head' \
            -ex 'print wasm(node->name)' -ex 'print *node->next' -ex 'print wasm(list)' \
            -ex "break variables.c:$(line 'compare("a"')" -ex continue -ex 'print wasm(local.next)->value' \
            -ex 'print wasm(wasm(local.next)->name)' -ex up -ex 'print wasm(argv[0])' \
            -ex 'print last' "app$level"
        says '(struct node *) 0x0'
        grep -q '^\$[0-9]* = {value = 2, next = 0x0, name = 0x.*color = BLUE, low = 0, high = 0, weight = 1}$' gdb.log
        says BLUE
        grep -q '^\$[0-9]* = 0x[0-9a-f]* "two"$' gdb.log
        says 42
        says 7
        grep -q '^\$[0-9]* = 0x[0-9a-f]* "first"$' gdb.log
        grep -q '^\$[0-9]* = 0x[0-9a-f]* "app.wasm"$' gdb.log
        says '{value = 1, next = 0x0, name = 0x0, color = GREEN, low = 7, high = 31, weight = 0.5}'
    done
}

@test "optimised programs: places that change, in DWARF 4 and 5" {
    for version in 4 5; do
        clang-19 --target=wasm32-wasi "-gdwarf-$version" -O2 -o optimised.wasm "$BATS_TEST_DIRNAME/variables.c"
        mewz-cc build -g optimised.wasm -o optimised --target x86_64-linux --format elf
        debug -ex "break variables.c:$(line 'node->next = list')" -ex run -ex 'print list' -ex 'print *node' \
            -ex 'print wasm(argv[0])' optimised
        says '(struct node *) 0x0'
        grep -q '^\$2 = {value = .*, next = 0x0, name = .*, low = 0, high = 0, weight = .*}$' gdb.log
        grep -q '^\$3 = 0x[0-9a-f]* "optimised.wasm"$' gdb.log
    done
}

@test "C++: classes with bases, references, namespaces and this" {
    clang++-19 --target=wasm32-wasi -fno-exceptions -g -O0 -o cplus.wasm "$BATS_TEST_DIRNAME/variables.cc"
    mewz-cc build -g cplus.wasm -o cplus --target x86_64-linux --format elf
    debug -ex 'break total' -ex 'break shapes::Box<int>::area' -ex run -ex 'info args' -ex continue -ex 'print *this' \
        -ex 'print width' -ex 'ptype this' -ex "print 'shapes::counter'" cplus
    grep -Eq '^shape = @0x[0-9a-f]+: \{_vptr\$Shape = 0x[0-9a-f]+, id = 3\}$' gdb.log
    says 'level = High'
    grep -q 'Breakpoint 2, .*shapes::Box<int>::area (this=0x[0-9a-f]*) at ' gdb.log
    grep -Eq '^\$1 = \{<shapes::Shape> = \{.*id = 3\}, width = 3, height = 4, flag = 0x[0-9a-f]+\}$' gdb.log
    says 3
    grep -q '^type = const struct shapes::Box<int> : public shapes::Shape {$' gdb.log
    says 5
}

@test "Rust: structures, enums, slices and paths" {
    /usr/bin/rustc -g --target wasm32-wasi -o rust.wasm "$BATS_TEST_DIRNAME/variables.rs"
    mewz-cc build -g rust.wasm -o rust --target x86_64-linux --format elf
    debug -ex "break variables.rs:$(line 'println!("{} {}", name' variables.rs)" -ex run -ex backtrace \
        -ex 'print *shape' -ex 'print factor' -ex 'print name.length' -ex 'print wasm(name.data_ptr)[0]' \
        -ex 'print result' -ex continue -ex 'print *shape' -ex up -ex 'print point' -ex 'print numbers' rust
    grep -q '^#0  .*variables::measure (shape=0x[0-9a-f]*, factor=2, name=' gdb.log
    grep -q '^\$1 = {discriminant = 0, Circle = {__0 = 1.5}' gdb.log
    says 6
    grep -q "99 'c'" gdb.log
    says 4.5
    grep -q 'Square = {side = 4}}$' gdb.log
    says '{x = 3, y = 2.5}'
    says '"\005\006\a"'
}

@test "the same in the machine" {
    local port machine
    port=$(free_port)
    mewz-cc run app.elf --gdb "$port" >out 2>err 3>&- &
    machine=$!
    wait_until eval "grep -q $port err && (: <>/dev/tcp/127.0.0.1/$port)"
    debug -ex "target remote 127.0.0.1:$port" -ex 'hbreak work' -ex continue -ex 'info args' \
        -ex "tbreak variables.c:$(line 'compare("a"')" -ex continue -ex 'print sum' \
        -ex 'print wasm(local.next)->value' -ex 'print *head' -ex 'print greeting' -ex detach app.elf
    says "letter = 120 'x'"
    says 'fraction = -0.125'
    says 98
    says 7
    says '"hello"'
    wait "$machine"
}

@test "the code is the same with and without -g" {
    mewz-cc compile -g app.wasm -o debug.o
    mewz-cc compile app.wasm -o plain.o
    for object in debug plain; do
        llvm-objcopy-19 -O binary --only-section=.text.wasm "$object.o" "$object.bin"
    done
    [ -s plain.bin ]
    cmp debug.bin plain.bin
}
