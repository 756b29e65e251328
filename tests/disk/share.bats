# Folders of the host, by virtio-fs: mewz-cc run --mount.
# shellcheck disable=SC2030,SC2031 # each test has its own
load volumes

setup() {
    use_program --mount share0:/share
    cd "$BATS_TEST_TMPDIR"
    mkdir folder
    echo "from the host" >folder/file
}

@test "a program uses a folder of the host, on MMIO and on PCI" {
    for machine in microvm q35; do
        volumes --machine $machine --mount folder:/share -- use /share
        [ "$status" = 0 ]
        [ "$output" = used ]
        [ "$(cat folder/file)" = "through a link" ]
        [ "$(stat -c %Y folder/file)" = 1500000000 ]
        [ "$(ls folder)" = file ]
    done
}

@test "names that need care: commas, colons, spaces, backslashes" {
    # shellcheck disable=SC1003
    for name in 'a,b' 'a:b' 'a b' 'a\b' 'a,b\'; do
        mkdir "$name"
        volumes --mount "$name:/share" -- write /share written text
        [ "$status" = 0 ]
        [ "$(cat "$name/written")" = text ]
    done
}

@test "read-only is enforced" {
    volumes --mount folder:/share:ro -- refused /share
    [ "$status" = 0 ]
    [ "$output" = refused ]
    [ "$(ls folder)" = file ]
}

@test "what the host writes meanwhile is there" {
    volumes --mount folder:/share -- show /share file
    [ "$output" = "from the host" ]
    echo "changed" >folder/file
    volumes --mount folder:/share -- show /share file
    [ "$output" = "changed" ]
}

# follow: a program that has folder/file open, until the test is over. ask LINE: what it answers, in $answer.
follow() {
    mkfifo asked
    mewz-cc run "$PROGRAM" -m 128 --mount folder:/share -- follow /share file <asked >answers 2>err &
    run=$!
    exec 8>asked
    answers=1
    wait_until grep -q open answers
}

ask() {
    echo "$1" >&8
    answers=$((answers + 1))
    wait_until has_answered "$answers"
    answer=$(tail -n 1 answers)
}

has_answered() {
    [ "$(wc -l <answers)" = "$1" ]
}

# asks LINE ANSWER: it answers that, sooner or later.
asks() {
    wait_until is_answered "$@"
}

is_answered() {
    ask "$1"
    [ "$answer" = "$2" ]
}

finish() {
    exec 8>&-
    wait "$run"
}

@test "what the host writes into an open file is read, a moment later and by whoever opens it at once" {
    printf before >folder/file
    follow
    ask read
    [ "$answer" = "[before]" ]
    for text in after_ longer_than_it_was short; do
        printf %s "$text" >folder/file
        ask open
        [ "$answer" = "[$text]" ]
        ask read
        [ "$answer" = "[$text]" ]
    done
    for text in before after_ longer_than_it_was short; do
        printf %s "$text" >folder/file
        asks read "[$text]"
    done
    : >folder/file
    asks read "[]"
    finish
}

@test "an open file stays what it is when the host replaces or deletes it" {
    printf before >folder/file
    follow
    printf another >folder/new
    mv folder/new folder/file
    asks open "[another]"
    ask read
    [ "$answer" = "[before]" ]
    rm folder/file
    asks open "No such file or directory"
    ask read
    [ "$answer" = "[before]" ]
    finish
}

@test "program and host append to one file in turns" {
    : >folder/file
    follow
    for turn in 1 2 3 4 5; do
        ask program$turn,
        printf %s "host$turn," >>folder/file
        ask program$turn,
        expected+=program$turn,host$turn,program$turn,
        [ "$(cat folder/file)" = "$expected" ]
    done
    asks read "[$expected]"
    finish
}

@test "a machine of 16 MiB reads a file that is larger" {
    head -c 40M /dev/urandom >folder/large
    run --separate-stderr timeout 120 mewz-cc run "$PROGRAM" -m 16 --mount folder:/share -- sum /share large
    echo "$output $stderr"
    [ "$status" = 0 ]
    [ "$output" = "$(sum folder/large | cut -d ' ' -f 1)" ]
}

@test "links do not lead out of the folder" {
    echo secret >secret
    ln -s ../secret folder/up
    ln -s "$PWD/secret" folder/absolute
    ln -s ../share/file folder/around
    for name in up absolute; do
        volumes --mount folder:/share -- show /share $name
        [ "$status" = 0 ]
        [[ $output != *secret* ]]
    done
    volumes --mount folder:/share -- show /share around
    [ "$output" = "from the host" ]
}

@test "a server that dies makes everything EIO" {
    mewz-cc run "$PROGRAM" -m 128 --mount folder:/share -- read /share >out 2>err &
    run=$!
    wait_until grep -q reading out
    kill -9 $(pgrep -P "$run" virtiofsd)
    wait_until is_gone "$run"
    wait "$run"
    grep -q "read: I/O error" out
    grep -q "open: I/O error" out
    grep -q "mkdir: I/O error" out
}

@test "nothing is left behind when mewz-cc is killed" {
    mewz-cc run "$PROGRAM" -m 128 --mount folder:/share -- read /share >out 2>err &
    run=$!
    wait_until grep -q reading out
    children=$(pgrep -P "$run" | tr '\n' ' ')
    [ -n "$children" ]
    kill -9 "$run"
    for child in $children; do
        wait_until is_gone "$child"
    done
}

@test "as an ordinary user, files are that user's" {
    [ "$(id -u)" = 0 ] || skip "every other test is one"
    setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user true || skip "no user namespaces here"
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_TEST_TMPDIR/.."
    chown -R 65534:65534 folder
    run timeout 120 setpriv --reuid=65534 --regid=65534 --groups 65534,50 \
        env "PATH=$PATH" mewz-cc run "$PROGRAM" -m 128 --mount folder:/share -- use /share
    echo "$output"
    [ "$output" = used ]
    [ "$(stat -c %u folder/file)" = 65534 ]
}

@test "what cannot be shared is said in one line" {
    volumes --mount nothing:/share -- use /share
    [ "$status" = 1 ]
    [ "$stderr" = "mewz-cc: --mount: nothing: No such file or directory" ]
    volumes --mount folder/file:/share -- use /share
    [ "$status" = 1 ]
    [[ $stderr == *"folder/file: not a folder" ]]
    volumes --mount folder -- use /share
    [ "$status" = 2 ]
    run --separate-stderr timeout 60 mewz-cc run "$ROOT/build/guests/volumes.elf" --mount folder:/share
    [ "$status" = 1 ]
    [[ $stderr == *"built without --mount"* ]]
}
