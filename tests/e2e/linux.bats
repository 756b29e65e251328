# The Linux target: a program as an ordinary process, in good and in bad surroundings.
load ../lib/guests

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# A program that was built with arguments and an environment.
build_baked() {
    timeout 120 mewz-cc build "$GUESTS/facts.wasm" -o baked --target x86_64-linux --format elf \
        --env COLOUR=red --env SIZE=1 -- "$@"
}

@test "linux: arguments of the process" {
    process facts arguments 'two words' '' -x
    [ "$output" = "$(printf '0=facts.wasm\n1=arguments\n2=two words\n3=\n4=-x')" ]
}

@test "linux: arguments of the process replace the ones from the build" {
    build_baked arguments baked
    [ "$(./baked)" = "$(printf '0=facts.wasm\n1=arguments\n2=baked')" ]
    [ "$(./baked arguments)" = "$(printf '0=facts.wasm\n1=arguments')" ]
}

@test "linux: the environment is what was built in, with the process's values" {
    build_baked environment
    [ "$(./baked)" = "$(printf 'COLOUR=red\nSIZE=1')" ]
    [ "$(SIZE=22 SHAPE=round ./baked)" = "$(printf 'COLOUR=red\nSIZE=22')" ]
    SHAPE=round process facts environment
    [ -z "$output" ]
}

@test "linux: no arguments at all, not even a name" {
    # perl is part of every Debian system; no shell can start a process like that.
    # shellcheck disable=SC2016
    run timeout 20 perl -e 'exec { $ARGV[0] } @ARGV[1 .. 0]' "$GUESTS/facts"
    [ "$status" = 0 ]
}

@test "linux: a full disk is an error of the program's, not ours" {
    "$GUESTS/descriptors" write >/dev/full 2>err
    [ "$(cat err)" = 'No space left on device' ]
}

@test "linux: a reader that is gone is an error, not a signal" {
    mkfifo pipe
    : <pipe & # the last reader
    exec 9>pipe
    wait $!
    "$GUESTS/descriptors" write >&9 2>err
    exec 9>&-
    [ "$(cat err)" = 'Broken pipe' ]
}

@test "linux: streams that are closed" {
    "$GUESTS/descriptors" write >&- 2>err
    [ "$(cat err)" = 'Bad file descriptor' ]
    timeout 20 "$GUESTS/streams" <&- >out 2>err
    [ "$(tail -n 1 err)" = '0 bytes, end of input missed' ]
    timeout 20 "$GUESTS/descriptors" wait <&- >out
    [ "$(cat out)" = '-1 bytes' ]
}

@test "linux: stdin is a folder" {
    timeout 20 "$GUESTS/streams" </ >out 2>err
    [ "$(tail -n 1 err)" = '0 bytes, end of input missed' ]
}

@test "linux: much output through a slow pipe" {
    seq 300000 >in
    "$GUESTS/streams" <in 2>err | while IFS= read -r -n 50000 -d '' part || [ -n "$part" ]; do printf %s "$part"; done >out
    tail -n +1001 out | cmp - in
}

@test "linux: a wait ends with what comes first" {
    mkfifo in out
    timeout 60 "$GUESTS/descriptors" wait <in >out &
    local process=$! line
    exec 8>in 9<out
    read -r -t 30 -u 9 line
    [ "$line" = time ]
    echo abc >&8
    while read -r -t 30 -u 9 line && [ "$line" = time ]; do :; done
    [ "$line" = '4 bytes' ]
    exec 8>&-
    while read -r -t 30 -u 9 line && [ "$line" = time ]; do :; done
    [ "$line" = '0 bytes' ]
    wait $process
}

@test "linux: terminals are known" {
    [ "$("$GUESTS/descriptors" terminals </dev/null 2>/dev/null)" = "$(printf '0\n0\n0')" ]
    run timeout 20 script -qec "$GUESTS/descriptors terminals" /dev/null
    [ "$(tr -d '\r' <<<"$output")" = "$(printf '1\n1\n1')" ]
}

@test "linux: too little address space is said in one line" {
    run --separate-stderr bash -c "ulimit -v 4000000; '$GUESTS/facts'"
    [ "$status" = 70 ]
    [ "$(wc -l <<<"$stderr")" = 1 ]
    [[ $stderr == *'cannot reserve 8 GiB of address space'* ]]
}

@test "linux: a signal from outside ends the process as it ends any" {
    local signal
    for signal in TERM SEGV ILL; do
        mkfifo "in.$signal" "out.$signal"
        "$GUESTS/streams" <"in.$signal" >"out.$signal" 2>err &
        local process=$! line
        exec 8>"in.$signal" 9<"out.$signal"
        read -r -t 30 -u 9 line # it runs
        kill -s $signal $process
        local status=0
        wait $process || status=$?
        exec 8>&- 9<&-
        [ "$status" = $((128 + $(kill -l $signal))) ]
    done
}

@test "descriptors: what is no file, folder or socket says so, on Linux and in the unikernel" {
    process descriptors errors
    [ "$status" = 0 ]
    local errors=$output
    [ "$(wc -l <<<"$errors")" = 20 ]
    [ "$(awk '{ print $NF }' <<<"$errors" | tr '\n' ' ')" = "badf badf fault badf spipe spipe spipe badf notcapable \
notcapable notcapable notcapable badf badf notsock badf badf success badf fault " ]
    guest descriptors -- errors
    [ "$output" = "$errors" ]
}

@test "a signal that the program raises ends it like a trap" {
    for run in process guest; do
        if [ $run = guest ]; then guest descriptors -- raise; else process descriptors raise; fi
        [ "$status" = 134 ]
        [[ $stderr == 'descriptors.wasm: trap: signal raised by the program'*' in main'* ]]
    done
}

# exchange A B: exchanges two names without end, each time in one step (RENAME_EXCHANGE of renameat2, system call 316).
exchange() {
    # shellcheck disable=SC2016
    exec perl -e '1 while syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) == 0; die "renameat2: $!\n"' "$@" 3>&-
}

@test "linux: no way out while somebody exchanges a folder with a link" {
    mkdir -p box/door outside
    printf inside >box/door/name
    printf 'from outside' >outside/name
    printf 'still here' >outside/victim
    for target in ../outside "$PWD/outside"; do
        ln -sfn "$target" box/link
        exchange box/door box/link &
        exchanger=$!
        MEWZ_DIRS=$PWD/box:/box process escapes /box 50
        kill "$exchanger" # fails where the names were not exchanged until now
        wait "$exchanger" || [ $? = 143 ]
        [ "$status" = 0 ]
        [ "$(cd outside && ls)" = "$(printf 'name\nvictim')" ]
        [ "$(cat outside/name outside/victim)" = "from outsidestill here" ]
        [ ! -L box/door ] || mv -T box/link box/back
        if [ -e box/back ]; then rm box/door; mv -T box/back box/door; fi
    done
}
