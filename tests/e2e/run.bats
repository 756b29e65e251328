# `mewz-cc run` towards the surroundings: descriptors, signals, terminals, QEMU itself.
# shellcheck disable=SC2016,SC2030,SC2031 # other programs expand those; tests share nothing
load ../lib/guests

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# Starts `mewz-cc run` of a guest that reads stdin, which stays open: $machine is its pid, fd 7 its stdin. It has
# begun its work.
start() {
    mkfifo in out
    mewz-cc run "$GUESTS/streams.elf" <in >out 2>/dev/null 3>&- &
    machine=$!
    exec 7>in 8<out
    read -r -u 8 line
    [ "$line" = "out 0" ]
}

@test "a signal ends machine and QEMU" {
    local signal qemu status
    for signal in TERM HUP KILL; do
        rm -f in out
        start
        qemu=$(pgrep -P "$machine")
        status=0
        kill -s $signal "$machine"
        wait "$machine" || status=$?
        [ "$status" = $((128 + $(kill -l $signal))) ]
        wait_until is_gone "$qemu"
        exec 7>&- 8<&-
    done
}

# A shell's background jobs ignore SIGINT, so that another program has to send it.
@test "an interrupt ends machine and QEMU" {
    node -e '
        const { spawn, execSync } = require("child_process");
        const run = spawn("mewz-cc", ["run", process.argv[1]], { stdio: ["pipe", "pipe", "ignore"] });
        run.stdout.once("data", () => {
            const qemu = Number(execSync(`pgrep -P ${run.pid}`));
            run.kill("SIGINT");
            run.on("exit", (code, signal) => {
                console.log(code, signal, qemu);
            });
        });' "$GUESTS/streams.elf" >result
    read -r code signal qemu <result
    [ "$code $signal" = "null SIGINT" ]
    wait_until is_gone "$qemu"
}

stdin_was_taken() {
    ! read -r -t 0 -u 6
}

# Nobody reads until the program has written everything, so that both streams are behind by more than a pipe takes at once.
@test "lines of both outputs stay whole where they go to the same place" {
    mkfifo in both
    exec 6<>in 7<>both
    # Until the pipe takes no more, at which dd fails.
    yes '' | dd of=both oflag=nonblock bs=4096 count=64 iflag=fullblock status=none 2>/dev/null || true
    echo >in
    mewz-cc run "$GUESTS/streams.elf" <in >both 2>&1 3>&- 6>&- 7>&- &
    machine=$!
    wait_until stdin_was_taken # which the program wants when it has written its lines
    exec 8<both 7>&-
    grep -v '^$' <&8 >lines 3>&- 6>&- &
    exec 6>&- 8<&-
    wait "$machine"
    wait
    [ "$(grep -cxE '(out|err) [0-9]+' lines)" = 2000 ]
    grep -vxE '(out|err) [0-9]+' lines >last
    [ "$(cat last)" = "1 bytes, end of input seen" ]
}

@test "a program that reads no stdin takes none" {
    printf 'one\ntwo\nthree\n' | {
        while read -r line; do
            timeout 60 mewz-cc run "$GUESTS/hello.elf"
            echo "$line"
        done
    } >out
    [ "$(cat out)" = "$(printf 'hello\none\nhello\ntwo\nhello\nthree')" ]
}

@test "a terminal keeps its mode, and its end of input arrives" {
    mkfifo in
    script -qec "stty -a >before; mewz-cc run '$GUESTS/streams.elf' 2>err; echo \$? >code; stty -a >after" log \
        <in >/dev/null 3>&- &
    exec 7>in
    printf 'typed\n\004' >&7
    wait_until test -s after
    exec 7>&-
    wait
    cmp before after
    [ "$(cat code)" = 0 ]
    grep -q 'end of input seen' err
    [ "$(grep -c '^typed' log)" = 2 ] # echoed by the terminal, and written by the program
}

@test "descriptors of the caller stay blocking" {
    node -e '
        const { spawnSync } = require("child_process");
        spawnSync("mewz-cc", ["run", process.argv[1]], { stdio: "inherit" });
        const flags = (fd) => parseInt(/flags:\s+(\d+)/.exec(require("fs").readFileSync(`/proc/self/fdinfo/${fd}`))[1], 8);
        for (const fd of [0, 1, 2])
            if (flags(fd) & 0o4000) process.exitCode = 1;' "$GUESTS/streams.elf" < <(:) > >(cat >/dev/null) 2> >(cat >/dev/null)
}

@test "output that cannot be written is said" {
    run --separate-stderr bash -c "timeout 60 mewz-cc run '$GUESTS/hello.elf' >/dev/full"
    [ "$status" = 1 ]
    [ "$stderr" = "mewz-cc: writing stdout: No space left on device" ]
    run --separate-stderr bash -c "timeout 60 mewz-cc run '$GUESTS/hello.elf' >&-"
    [ "$status" = 1 ]
    [ "$stderr" = "mewz-cc: writing stdout: Bad file descriptor" ]
}

@test "no stdin at all is an empty one" {
    run --separate-stderr bash -c "timeout 60 mewz-cc run '$GUESTS/streams.elf' <&-"
    [ "$status" = 0 ]
    [[ $stderr == *"0 bytes, end of input seen" ]]
}

@test "names with spaces, commas and quotes" {
    mkdir "a, b'c"
    cp "$GUESTS/hello.elf" "a, b'c/x,y.elf"
    mewz-cc build "$GUESTS/hello.wasm" -o "a, b'c/x,y.img"
    run timeout 60 mewz-cc run "a, b'c/x,y.elf"
    [ "$output" = hello ]
    run timeout 60 mewz-cc run "a, b'c/x,y.img"
    [ "$output" = hello ]
}

@test "one image in several machines at once" {
    mewz-cc build "$GUESTS/hello.wasm" -o app.img
    chmod 444 app.img
    for i in 1 2 3; do
        timeout 120 mewz-cc run app.img -m 64 >"out$i" 3>&- &
    done
    wait
    [ "$(cat out1 out2 out3)" = "$(printf 'hello\nhello\nhello')" ]
}

@test "-v prints QEMU's command line" {
    run --separate-stderr timeout 60 mewz-cc run "$GUESTS/hello.elf" -v
    [ "$output" = hello ]
    [[ $stderr == *"qemu-system-x86_64 -M microvm,acpi=off -accel tcg "*" -kernel $GUESTS/hello.elf "* ]]
}

@test "a debugger stops the machine before its first instruction" {
    local port machine
    port=$(free_port)
    mewz-cc run "$GUESTS/hello.elf" --gdb "$port" >out 2>err 3>&- &
    machine=$!
    wait_until eval "grep -q $port err && (: <>/dev/tcp/127.0.0.1/$port)"
    timeout 60 gdb -batch -ex "target remote 127.0.0.1:$port" -ex 'p $rip' -ex 'hbreak mewz_program' -ex detach \
        "$GUESTS/hello.elf" >gdb.log 2>&1
    cat gdb.log
    grep -q '\$1 = ' gdb.log
    wait "$machine"
    [ "$(cat out)" = hello ]
}

@test "what QEMU refuses is said in its words, in one line" {
    run timeout 60 mewz-cc run "$GUESTS/hello.elf" --machine nonesuch
    [ "$status" = 1 ]
    [ "$output" = "mewz-cc: qemu-system-x86_64: unsupported machine type" ]
}

@test "a port that is not to be had is said by its option" {
    node -e 'const server = require("net").createServer();
        server.listen(0, "127.0.0.1", () => console.log(server.address().port));' >port 3>&- &
    machine=$!
    wait_until test -s port
    local port
    port=$(cat port)
    run timeout 60 mewz-cc run "$GUESTS/hello.elf" -p "$port:80"
    kill "$machine"
    [ "$status" = 1 ]
    [ "$output" = "mewz-cc: -p $port:80: 127.0.0.1:$port: Address already in use" ]
    run timeout 60 mewz-cc run "$GUESTS/hello.elf" -p udp:192.0.2.1:5353:53
    [ "$status" = 1 ]
    [ "$output" = "mewz-cc: -p udp:192.0.2.1:5353:53: 192.0.2.1:5353: Cannot assign requested address" ]
}

@test "what a machine lacks is said before anything is compiled" {
    local case
    for case in "--mount nowhere:/x|--mount: nowhere: No such file or directory" \
        "--disk nowhere:/x|--disk: nowhere: No such file or directory" \
        "--disk .:/x|--disk: .: a folder, not a disk: --mount shares folders" \
        "-p 80|run: -p 80: not " "--mac no|run: --mac no: not " "--net nowhere|run: --net nowhere: not "; do
        # shellcheck disable=SC2086 # words of a command line
        run timeout 60 mewz-cc run no-such.wasm ${case%%|*}
        echo "$output"
        [ "$status" != 0 ]
        [[ $output == "mewz-cc: ${case#*|}"* ]]
    done
    PATH=/nowhere run /usr/bin/timeout 60 "$ROOT/bin/mewz-cc" run no-such.wasm
    [ "$output" = "mewz-cc: qemu-system-x86_64: not found on PATH: apt-get install qemu-system-x86" ]
}

@test "QEMU that is missing is named with its package" {
    mkdir bin
    ln -s "$ROOT/bin/mewz-cc" bin/
    PATH=$BATS_TEST_TMPDIR/bin run /usr/bin/timeout 60 mewz-cc run "$GUESTS/hello.elf"
    [ "$status" = 1 ]
    [ "$output" = "mewz-cc: qemu-system-x86_64: not found on PATH: apt-get install qemu-system-x86" ]
}

@test "QEMU that is killed is no success" {
    start
    kill -KILL "$(pgrep -P "$machine")"
    local status=0
    wait "$machine" || status=$?
    exec 7>&- 8<&-
    [ "$status" = 1 ]
}
