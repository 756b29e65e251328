# What a program sees of the outside: exit codes, streams, clocks, random numbers.
load ../lib/guests

@test "exit codes are exact" {
    local code
    for code in 0 1 2 3 7 8 15 16 63 64 70 99 100 126 127 128 133 134 137 143 200 254 255; do
        guest exits -- $code
        [ "$status" = $code ]
        [ -z "$output$stderr" ]
    done
    guest exits -- return
    [ "$status" = 0 ]
}

@test "every exit code of a Linux process is exact" {
    local code
    for code in $(seq 0 255); do
        process exits "$code"
        [ "$status" = "$code" ]
    done
}

@test "stdout and stderr are apart and complete" {
    guest streams </dev/null
    [ "$status" = 0 ]
    [ "$output" = "$(seq -f 'out %.0f' 0 999)" ]
    [ "$stderr" = "$(seq -f 'err %.0f' 0 999; echo '0 bytes, end of input seen')" ]
}

@test "stdin arrives whole, with its end" {
    head -c 1000003 /dev/urandom >"$BATS_TEST_TMPDIR/in"
    timeout 120 mewz-cc run "$GUESTS/streams.elf" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    tail -n 1 "$BATS_TEST_TMPDIR/err"
    [ "$(tail -n 1 "$BATS_TEST_TMPDIR/err")" = '1000003 bytes, end of input seen' ]
    tail -c 1000003 "$BATS_TEST_TMPDIR/out" | cmp - "$BATS_TEST_TMPDIR/in"
}

@test "stdin from a pipe that is still open is readable at once" {
    mkfifo "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
    timeout 120 mewz-cc run "$GUESTS/streams.elf" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
    local machine=$! line=
    exec 8>"$BATS_TEST_TMPDIR/in" 9<"$BATS_TEST_TMPDIR/out"
    echo first >&8
    while read -r -t 60 -u 9 line && [ "$line" != first ]; do :; done
    [ "$line" = first ]
    echo second >&8
    read -r -t 60 -u 9 line
    [ "$line" = second ]
    exec 8>&-
    wait $machine
    exec 9<&-
}

@test "a reader that goes away does not hang the machine" {
    seq 2000000 >"$BATS_TEST_TMPDIR/in"
    timeout 60 mewz-cc run "$GUESTS/streams.elf" <"$BATS_TEST_TMPDIR/in" 2>/dev/null | head -n 1 >"$BATS_TEST_TMPDIR/out"
    [ "${PIPESTATUS[0]}" != 124 ]
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = 'out 0' ]
}

@test "the wall clock is right" {
    local before after
    for machine in guest process; do
        before=$(date +%s)
        if [ $machine = guest ]; then guest facts -- realtime; else process facts realtime; fi
        after=$(date +%s)
        # A CMOS clock counts whole seconds.
        [ "$output" -ge $((before - 1)) ]
        [ "$output" -le $((after + 1)) ]
    done
}

@test "the monotonic clock moves forward only" {
    guest facts -- monotonic
    [ "$status" = 0 ]
}

@test "processor time goes on while the program computes, and stands while it sleeps" {
    guest facts -- processor
    [ "$status" = 0 ]
    process facts processor
    [ "$status" = 0 ]
}

@test "random numbers differ from run to run" {
    guest facts -- random
    local first=$output
    [[ $first =~ ^[0-9a-f]{32}$ ]]
    guest facts -- random
    [[ $output =~ ^[0-9a-f]{32}$ ]]
    [ "$output" != "$first" ]
}

@test "a sleep lasts as long as it should" {
    guest facts -- sleep 700
    [ "$output" -ge 700 ]
    [ "$output" -lt 5000 ]
}

# Processor time, not elapsed time, so that a busy test machine changes nothing.
@test "a sleeping machine uses no processor" {
    local TIMEFORMAT='%3U %3S' short long
    short=$({ time timeout 120 mewz-cc run "$GUESTS/facts.elf" -- sleep 1 >/dev/null; } 2>&1 | awk '{ print ($1 + $2) * 1000 }')
    long=$({ time timeout 120 mewz-cc run "$GUESTS/facts.elf" -- sleep 5000 >/dev/null; } 2>&1 | awk '{ print ($1 + $2) * 1000 }')
    echo "processor time: $short ms without the sleep, $long ms with 5 seconds of it"
    [ $((${long%.*} - ${short%.*})) -lt 1000 ]
}
