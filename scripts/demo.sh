#!/bin/bash
# demo.sh: the whole way once, from a fresh clone to a booted program, saying what it does.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$1"
}

# Prints the command, then runs it.
show() {
    echo "\$ $*"
    "$@"
}

step "Debian packages"
scripts/setup.sh build
echo "all there"

step "The SDK: bin/ and lib/ (the first time takes a minute or two)"
make -j"$(nproc)" all | sed -nu 's|.* -c \([^ ]*\) -o .*|  compiles \1|p; s|.* -o \(bin/[^ ]*\) .*|  links \1|p'

step "A C program, compiled to WebAssembly by clang"
mkdir -p build/demo
show clang-19 --target=wasm32-wasi -O2 -o build/demo/hello.wasm templates/c/app.c

step "Its disk image: the program and the kernel it needs, nothing else"
show bin/mewz-cc build build/demo/hello.wasm -o build/demo/hello.img

step "Booting it in QEMU"
show bin/mewz-cc run build/demo/hello.img
