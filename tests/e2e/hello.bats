# The main job from end to end, as a user does it.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

setup() {
    cd "$BATS_TEST_TMPDIR"
}

says() {
    run --separate-stderr timeout 120 "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}

@test "C, wasm, disk image, machine" {
    clang-19 --target=wasm32-wasi -O2 -o app.wasm "$ROOT/templates/c/app.c"
    mewz-cc build app.wasm -o app.img
    says mewz-cc run app.img
    [[ $output == "Hello, world!"* ]]
    says mewz-cc run app.wasm -- you
    [[ $output == "Hello, you!"* ]]
}

@test "text format, object, kernel, each step by itself" {
    mewz-cc compile "$GUESTS/../../tests/kernel/guests/hello.wat" -o app.o
    mewz-cc link app.o -o app.elf
    says mewz-cc run app.elf
    [ "$output" = hello ]
    mewz-cc build app.o -o app.img
    says mewz-cc run app.img
    [ "$output" = hello ]
}

@test "a Linux executable" {
    mewz-cc build "$GUESTS/hello.wasm" -o app --format elf --target x86_64-linux
    says ./app
    [ "$output" = hello ]
    file_type=$(head -c 4 app | od -An -tx1)
    [ "$file_type" = ' 7f 45 4c 46' ]
}

@test "formats by the output's ending and by option" {
    mewz-cc build "$GUESTS/hello.wasm" -o app.elf
    mewz-cc build "$GUESTS/hello.wasm" -o app.img
    mewz-cc build "$GUESTS/hello.wasm" -o app.raw
    mewz-cc build "$GUESTS/hello.wasm" -o other --format raw
    mewz-cc build "$GUESTS/hello.wasm" -o kernel --format elf
    cmp app.img app.raw
    cmp app.img other
    cmp app.elf kernel
    [ "$(od -An -tx1 -j 510 -N 2 app.img)" = ' 55 aa' ]
}

@test "arguments and environment: baked in, and replaced at run time" {
    mewz-cc build "$GUESTS/facts.wasm" -o app.elf --env A=1 --env 'B=two words' -- arguments 'baked in' ''
    says mewz-cc run app.elf
    [ "$output" = $'0=facts.wasm\n1=arguments\n2=baked in\n3=' ]
    says mewz-cc run app.elf -- arguments replaced
    [ "$output" = $'0=facts.wasm\n1=arguments\n2=replaced' ]
    says mewz-cc run app.elf -- environment
    [ "$output" = $'A=1\nB=two words' ]
    says mewz-cc run app.elf --env C=3 -- environment
    [ "$output" = 'C=3' ]
}

@test "arguments and environment in a disk image" {
    mewz-cc build "$GUESTS/facts.wasm" -o app.img --env A=1 -- environment
    says mewz-cc run app.img
    [ "$output" = 'A=1' ]
    says mewz-cc run app.img --env B=2
    [ "$output" = 'B=2' ]
    says mewz-cc run app.img -- arguments x
    [ "$output" = $'0=facts.wasm\n1=arguments\n2=x' ]
}

@test "the same input gives the same bytes" {
    mkdir one two
    for dir in one two; do
        cp "$GUESTS/facts.wasm" $dir/app.wasm
        (
            cd $dir
            mewz-cc compile app.wasm -o app.o
            mewz-cc build app.wasm -o app.elf --env A=1 -- x
            mewz-cc build app.wasm -o app.img
            mewz-cc build app.wasm -o app --format elf --target x86_64-linux
        )
    done
    diff -r one two
}

@test "the object does not depend on the number of processors" {
    mewz-cc compile "$ROOT/build/apps/cpp.wasm" -o two.o
    taskset -c 0 mewz-cc compile "$ROOT/build/apps/cpp.wasm" -o one.o
    cmp one.o two.o
}

@test "a function that the kernel lacks fails the link by name, or traps when called" {
    run --separate-stderr mewz-cc build "$GUESTS/missing.wasm" -o app.elf
    [ "$status" = 1 ]
    [ "${#stderr_lines[@]}" = 1 ]
    [[ $stderr == *env.no_such_function* ]]
    [ ! -e app.elf ]
    mewz-cc build "$GUESTS/missing.wasm" -o app.elf --allow-missing
    run timeout 60 mewz-cc run app.elf
    [ "$status" = 134 ]
}

@test "the limit of --memory-max holds" {
    mewz-cc build "$GUESTS/grows.wasm" -o app.elf --memory-max 2MiB
    timeout 60 mewz-cc run app.elf -m 64 | od -An -tu4 >pages
    [ "$(cat pages)" -eq 32 ]
}

@test "the demo" {
    run timeout 300 "$ROOT/scripts/demo.sh"
    echo "$output"
    [ "$status" = 0 ]
    [[ ${lines[-1]} == "Hello, world!"* ]]
}
