# The command line itself: help, suggestions, outputs, what inspect, doctor and -v say.
bats_require_minimum_version 1.5.0
load ../lib/wait
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GUESTS=$ROOT/build/guests
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

# In a folder of its own below bats' one, whose files are not ours.
setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
    cat >imports.wat <<'END'
(module
  (import "env" "no_such_function" (func $env (param i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i64) (result i32)))
  (memory (export "memory") 1 3)
  (func (export "_start")
    (call $env (i32.const 1))
    (drop (call $close (i64.const 1)))))
END
}

# mewz CODE WORD...: runs mewz-cc, which must end with CODE
mewz() {
    local code=$1
    shift
    run --separate-stderr timeout 60 mewz-cc "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = "$code" ]
}

# every verb that there is
verbs() {
    mewz-cc --help | sed -nE 's/^  ([a-z-]+) .*/\1/p'
}

@test "help and version on stdout" {
    mewz 0 --version
    [ "$output" = "mewz-cc 0.1.0" ]
    mewz 0 --help
    for verb in $(verbs); do
        mewz 0 "$verb" --help
        [[ $output == "usage: mewz-cc $verb "* ]]
        [ -z "$stderr" ]
    done
}

@test "every option of the help is in the manual page" {
    for verb in $(verbs); do
        mewz 0 "$verb" --help
        sed -nE 's/^  -(-?[A-Za-z-]+).*/\1/p' <<<"$output" | while read -r option; do
            grep -qF -- "Fl $option" "$ROOT/man/mewz-cc.1" || { echo "$verb: $option" && false; }
        done
    done
}

@test "no verb, a wrong one, a misspelt one" {
    mewz 2
    [[ $stderr == "usage: mewz-cc VERB"* ]]
    mewz 2 frobnicate
    [[ $stderr == *"unknown verb frobnicate"* ]]
    mewz 2 inspct x
    [[ $stderr == *"did you mean inspect?"* ]]
    mewz 2 build a.wasm -o b.img --memorymax 3
    [[ $stderr == *"did you mean --memory-max?"* ]]
    mewz 2 cloud-image --for gpc a.wasm -o folder
    [[ $stderr == *"--for gpc: none of gcp, aws, "*"; did you mean gcp?"* ]]
    mewz 2 disk creat
    [[ $stderr == *"disk: creat: none of create, ls, cp; did you mean create?" ]]
    mewz 2 compile a.wasm -o b.o -- argument
    mewz 2 run
    [[ $stderr == *"run: no program is named: mewz-cc run APP.wasm"* ]]
    mewz 2 new
    [[ $stderr == *"new: no folder is named: mewz-cc new FOLDER"* ]]
}

@test "an output is never the input" {
    cp "$GUESTS/hello.wasm" app.wasm
    mewz 2 compile app.wasm -o app.wasm
    ln -s app.wasm other.elf
    mewz 2 build app.wasm -o other.elf
    cmp app.wasm "$GUESTS/hello.wasm"
}

@test "an output through a link, to a pipe, and on a full device" {
    touch target.o
    ln -s target.o link.o
    mewz 0 compile "$GUESTS/hello.wasm" -o link.o
    [ -L link.o ]
    mewz-cc compile "$GUESTS/hello.wasm" -o - | cmp - target.o
    mewz 1 compile "$GUESTS/hello.wasm" -o /dev/full
    [[ $stderr == *"/dev/full: cannot be written: No space left on device" ]]
    run bash -c "mewz-cc inspect '$GUESTS/hello.wasm' >/dev/full"
    [ "$status" = 1 ]
}

@test "the module through a pipe" {
    mewz 0 build - -o app --target x86_64-linux <"$GUESTS/hello.wasm"
    [ "$(./app)" = hello ]
    mkfifo pipe
    cat "$GUESTS/hello.wasm" >pipe &
    mewz 0 build pipe -o app.elf
}

@test "imports that the system lacks are named, with their types where these differ" {
    mewz 1 build imports.wat -o app.elf
    [ "${#stderr_lines[@]}" = 1 ]
    [[ $stderr == *"imports.wat: import env.no_such_function: x86_64-mewz does not have it: "*"--import-object"* ]]
    [[ $stderr == *"import wasi_snapshot_preview1.fd_close: the program wants (i64) -> (i32), but its type is (i32) -> (i32)"* ]]
    [ ! -e app.elf ]
    mewz 0 build imports.wat -o app --target x86_64-linux --allow-missing
    run --separate-stderr ./app
    [ "$status" = 134 ]
    mewz 0 compile imports.wat -o app.o
    mewz 1 link app.o -o app.elf
    [[ $stderr == *"app.o: import env.no_such_function"* ]]
    mewz 0 link app.o -o app --target x86_64-linux --allow-missing
    run --separate-stderr ./app
    [ "$status" = 134 ]
    [[ $stderr == *"missing import"* ]]
}

@test "inspect a module, an object, an executable and an image" {
    mewz 0 inspect imports.wat
    [[ $output == *"env.no_such_function i32->: not x86_64-mewz not x86_64-linux"* ]]
    [[ $output == *"1 to 3 pages"* ]]
    mewz 0 inspect "$GUESTS/hello.wasm"
    [[ $output == *"fd_write i32,i32,i32,i32->i32: x86_64-mewz x86_64-linux"* ]]
    mewz-cc compile "$GUESTS/facts.wasm" -o app.o
    mewz 0 inspect app.o
    [[ $output == *"program      facts.wasm"*"args_get: x86_64-mewz x86_64-linux"* ]]
    mewz-cc build app.o -o app.img --env A=b -- 'two words'
    mewz 0 inspect app.img
    [[ $output == *"program      facts.wasm"* ]]
    [[ $output == *"argument     two words"*"environment  A=b"* ]]
    mewz 1 inspect "$ROOT/Makefile"
}

@test "-v tells commands, times and sizes" {
    mewz 0 build "$GUESTS/hello.wasm" -o app.elf -v
    [[ $stderr == *"ld.lld-19 "*"link "* ]]
    [[ $stderr == *"program "*"system in all "*"total "* ]]
    [ -z "$output" ]
}

@test "colours are for terminals, and not for those who refuse them" {
    red=$'\e[1;31m'
    in_terminal() { # ENVIRONMENT... : what a terminal gets of an error and of doctor
        env TERM=xterm "$@" script -qec "mewz-cc frobnicate; mewz-cc doctor" /dev/null
    }
    [[ $(in_terminal) == "${red}mewz-cc:"$'\e[0m'" unknown verb frobnicate"* ]]
    [[ $(in_terminal) == *$'\e[32mfound   \e[0m ld.lld-19'* ]]
    [[ $(in_terminal NO_COLOR=) == "$red"* ]]
    run ! grep -q $'\e' <(in_terminal NO_COLOR=1)
    run ! grep -q $'\e' <(in_terminal TERM=dumb)
    in_terminal TERM=dumb | grep -q '^mewz-cc: unknown verb'
    mewz 2 frobnicate
    [[ $stderr == "mewz-cc: unknown verb"* ]]
    mewz 0 doctor
    run ! grep -q $'\e' <<<"$output"
}

@test "what is missing is found by doctor" {
    mewz 0 doctor
    [[ $output != *missing* ]]
    [[ $output == *"found    mke2fs "*"found    virtiofsd "* ]]
    run "$(command -v env)" PATH=/nowhere "$ROOT/bin/mewz-cc" doctor
    [ "$status" = 1 ]
    [[ $output == *"missing  ld.lld-19"*"apt-get install lld-19 wabt qemu-system-x86 qemu-utils xorriso"* ]]
}

@test "a signal leaves nothing behind" {
    mkdir tmp bin
    # It ends its parent at once, which must know of it by then.
    # shellcheck disable=SC2016 # what it expands itself
    printf '#!/bin/sh\necho $$ >%s/child\nkill -s $SIGNAL $PPID\nexec sleep 1000\n' "$PWD" >bin/ld.lld-19
    chmod +x bin/ld.lld-19
    for signal in TERM INT HUP; do
        # A shell's background jobs ignore SIGINT, unless they are told not to.
        SIGNAL=$signal PATH=$PWD/bin:$PATH TMPDIR=$PWD/tmp env --default-signal=INT \
            mewz-cc build "$GUESTS/hello.wasm" -o app.elf 3>&- &
        compiler=$! status=0
        wait $compiler || status=$?
        [ $status = $((128 + $(kill -l $signal))) ]
        wait_until is_gone "$(cat child)"
        [ -z "$(ls -A tmp)" ]
        [ "$(ls -A)" = "$(printf 'bin\nchild\nimports.wat\ntmp')" ]
    done
}

@test "a tool that fails has failed where whoever starts mewz-cc ignores the ends of children" {
    mkdir bin
    printf '#!/bin/sh\necho refused >&2\nexit 3\n' >bin/ld.lld-19
    chmod +x bin/ld.lld-19
    # shellcheck disable=SC2016 # Perl's
    PATH=$PWD/bin:$PATH run --separate-stderr perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' \
        mewz-cc build "$GUESTS/hello.wasm" -o app.elf
    [ "$status" = 1 ]
    [[ $stderr == *refused* ]]
    [ ! -e app.elf ]
}

@test "a temporary folder that cannot be used" {
    TMPDIR=/nowhere mewz 1 build "$GUESTS/hello.wasm" -o app.elf
    [[ $stderr == *"/nowhere"*"set TMPDIR"* ]]
    [ ! -e app.elf ]
}

@test "completion offers verbs, options and values" {
    # shellcheck disable=SC1091
    source "$ROOT/completions/mewz-cc.bash"
    complete_words() {
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _mewz_cc
        echo "${COMPREPLY[*]}"
    }
    [ "$(complete_words mewz-cc i)" = inspect ]
    [ "$(complete_words mewz-cc build --al)" = --allow-missing ]
    [ "$(complete_words mewz-cc build --target x86_64-l)" = x86_64-linux ]
    [ "$(complete_words mewz-cc run -O)" = "-O0 -O1 -O2 -O3" ]
    [ "$(complete_words mewz-cc inspect imp)" = imports.wat ]
    # The values that are listed there are those that there are.
    [ "$(complete_words mewz-cc new --template '')" = "$(cd "$ROOT/templates" && echo *)" ]
    for option in 'cloud-image --for' 'build --format' 'build --target' 'build --cpu' 'build --metadata' 'run --accel'; do
        # shellcheck disable=SC2086 # two words
        mewz 2 $option none
        # shellcheck disable=SC2086
        [[ $stderr == *"none: none of $(complete_words mewz-cc $option '' | sed 's/ /, /g') (see"* ]]
    done
}
