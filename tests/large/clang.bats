# Clang and the linker for WebAssembly, compiled to WebAssembly: 76 MB.
load large

setup_file() {
    use_large llvm @yowasp/clang@22.0.0-git20542-10 gen/llvm.core.wasm
    cat >root/sort.cc <<'CODE'
template <typename T> void sort(T *items, int count) {
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && items[j] < items[j - 1]; j--) {
            T item = items[j];
            items[j] = items[j - 1];
            items[j - 1] = item;
        }
}
extern "C" __attribute__((export_name("median"))) int median(int a, int b, int c) {
    int items[] = {a, b, c};
    sort(items, 3);
    return items[1];
}
CODE
    echo 'int main(void) { return nothing; }' >root/broken.c
}

@test "clang: compiles C++ to an object" {
    expect_same clang++ -O2 -fno-exceptions -c /sort.cc -o /sort.o
    [ "$status" = 0 ]
    [ "$(head -c 4 root.machine/sort.o | od -An -tx1)" = ' 00 61 73 6d' ]
    cp root.machine/sort.o root/
}

@test "clang: what the linker makes of it runs" {
    expect_same wasm-ld --no-entry /sort.o -o /sort.wasm
    [ "$status" = 0 ]
    run node -e 'WebAssembly.instantiate(fs.readFileSync("root.machine/sort.wasm")).then(
        ({ instance }) => console.log(instance.exports.median(7, 3, 5)))'
    [ "$output" = 5 ]
}

@test "clang: an error in a source" {
    expect_same clang -c /broken.c -o /broken.o
    [ "$status" = 1 ]
    grep -q 'undeclared identifier' err.machine
    [ ! -e root.machine/broken.o ]
}
