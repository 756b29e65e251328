# Files: folders of this machine in the image, memory over them, and the same on Linux.
load ../lib/guests

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir -p site/deep/er other
    printf 'the index\n' >site/index.html
    cp site/index.html site/deep/copy.html
    head -c 100000 /dev/zero | tr '\0' x >site/deep/er/long
    : >site/empty
    ln -s deep/copy.html site/link
    ln -s ../../../etc/passwd site/deep/out
    ln -s /etc/passwd site/deep/absolute
    printf 'more\n' >other/more
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o files.elf --dir site:/srv --dir other:/ro:ro
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o files --target x86_64-linux --format elf --dir site:/srv --dir other:/ro:ro
    cat >tree <<'END'
/srv
/srv/deep
/srv/deep/absolute -> /etc/passwd
/srv/deep/copy.html 10
/srv/deep/er
/srv/deep/er/long 100000
/srv/deep/out -> ../../../etc/passwd
/srv/empty 0
/srv/index.html 10
/srv/link -> deep/copy.html
END
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# files SYSTEM ARG...: sets $status and $output
files() {
    local system=$1
    shift
    case $system in
    mewz) run timeout 120 mewz-cc run files.elf -m "${MEMORY:-64}" -- "$@" ;;
    linux) run timeout 60 ./files "$@" ;;
    esac
    echo "$system: exit code $status: ${output:0:2000}"
}

@test "files: a folder in the image" {
    files mewz list
    [ "$output" = "$(printf '/ro\n/ro/more 5\n' | cat - tree)
/tmp" ]
}

@test "files: the same folder on Linux" {
    files linux list /srv
    [ "$output" = "$(tail -n +2 tree)" ]
}

@test "files: contents, through links as well, and no way out" {
    for system in mewz linux; do
        for path in /srv/index.html /srv/link /srv/deep/../deep/copy.html; do
            files $system cat $path
            [ "$output" = "the index" ]
        done
        files $system cat /srv/deep/er/long
        [ "$output" = "$(cat site/deep/er/long)" ]
        for path in /srv/deep/out /srv/deep/absolute; do
            files $system cat $path
            [ "$output" = "$path: Capabilities insufficient" ]
        done
        files $system cat /srv/nothing
        [ "$output" = "/srv/nothing: No such file or directory" ]
    done
}

@test "files: what the image has can be changed, in memory" {
    files mewz write /srv/index.html new
    [ "$output" = new ]
    files mewz append /srv/link -more
    [ "$output" = "the index
-more" ]
    files mewz remove /srv/empty /srv/deep/er
    [ "$output" = "/srv/deep/er/long 100000" ]
    files mewz rename /srv/deep /moved
    [ "$output" = "$(printf '%s\n' /moved '/moved/absolute -> /etc/passwd' '/moved/copy.html 10' /moved/er '/moved/er/long 100000' \
        '/moved/out -> ../../../etc/passwd' /ro '/ro/more 5' /srv '/srv/empty 0' '/srv/index.html 10' '/srv/link -> deep/copy.html' /tmp)" ]
}

@test "files: a folder to read only" {
    for system in mewz linux; do
        files $system write /ro/more text
        [ "$output" = "/ro/more: Read-only file system" ]
        files $system write /ro/new text
        [ "$output" = "/ro/new: Read-only file system" ]
        files $system remove /ro/more
        [ "$output" = "/ro/more: Read-only file system" ]
        files $system cat /ro/more
        [ "$output" = more ]
    done
}

@test "files: a program without a folder has an empty /tmp" {
    guest files -- list
    [ "$output" = /tmp ]
    guest files -- write /tmp/file text
    [ "$output" = text ]
    guest files -- removed
    [ "$output" = "still
new: No such file or directory" ]
}

@test "files: 100,000 entries in a folder" {
    guest files -m 256 -- many 100000
    [ "$output" = "seen 100000
removed" ]
}

@test "files: longer than 4 GiB" {
    mkdir -p "$BATS_TEST_TMPDIR/tmp"
    guest files -- sparse /tmp/long
    [ "$output" = "6442450947 0000far" ]
    MEWZ_DIRS=$BATS_TEST_TMPDIR/tmp:/tmp process files sparse /tmp/long
    [ "$output" = "6442450947 0000far" ]
}

@test "files: memory full is an error, and room again when the file is gone" {
    guest files -m 16 -- fill /tmp/file
    [ "$output" = "No space left on device, more than 1 MiB
No space left on device, more than 1 MiB
No space left on device, more than 1 MiB" ]
}

@test "files: --tmp-max bounds what files take" {
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o small.elf --tmp-max 512K
    run timeout 60 mewz-cc run small.elf -- fill /tmp/file
    [ "${lines[0]}" = "No space left on device, too little" ]
    run timeout 60 mewz-cc run "$GUESTS/files.elf" --tmp-max 512K -- fill /tmp/file
    [ "${lines[0]}" = "No space left on device, too little" ]
    run --separate-stderr timeout 60 mewz-cc build "$GUESTS/files.wasm" -o x --format elf --target x86_64-linux --tmp-max 1M
    [ "$status" = 2 ]
    [[ $stderr == *'--tmp-max is for machines'* ]]
}

@test "files: MEWZ_DIRS replaces the folders of the build, and may name none" {
    MEWZ_DIRS=other:/x files linux list /x
    [ "$output" = "/x/more 5" ]
    MEWZ_DIRS='' files linux list /srv
    [ "$output" = "/srv: No such file or directory" ] || [ "$output" = "/srv: Capabilities insufficient" ]
    MEWZ_DIRS=nowhere:/x files linux list /x
    [ "$status" = 70 ]
    [[ $output == *'cannot open the folder nowhere'* ]]
}

@test "files: the same folder gives the same bytes, equal files are stored once" {
    cp -r site again
    find again -exec touch -h -d 2001-01-01 {} +
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o again.elf --dir again:/srv --dir other:/ro:ro
    cmp files.elf again.elf
    head -c 1000000 /dev/urandom >site-one
    mkdir one two
    cp site-one one/a
    cp site-one two/a
    cp site-one two/b
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o one.elf --dir one:/x
    timeout 60 mewz-cc build "$GUESTS/files.wasm" -o two.elf --dir two:/x
    [ $(($(stat -c %s two.elf) - $(stat -c %s one.elf))) -lt 10000 ]
}

@test "files: what cannot be put into an image is said in one line" {
    mkfifo other/pipe
    for case in "other:/x|pipe is neither a file nor a folder" "nowhere:/x|nowhere: No such file or directory" \
        "site|--dir site: not HOST:/GUEST" "site:/a/../b|not HOST:/GUEST" "site:srv|not HOST:/GUEST"; do
        run --separate-stderr timeout 60 mewz-cc build "$GUESTS/files.wasm" -o bad.elf --dir "${case%%|*}"
        [ "$status" = 1 ] || [ "$status" = 2 ]
        [ "$(wc -l <<<"$stderr")" = 1 ]
        [[ $stderr == *"${case#*|}"* ]]
        [ ! -e bad.elf ]
    done
    rm other/pipe
    run --separate-stderr timeout 60 mewz-cc run files.elf --dir site:/x
    [ "$status" = 2 ]
    [[ $stderr == *'files.elf is linked already'* ]]
}

@test "files: a program of wasi_unstable, with its own structures" {
    mkdir -p "$BATS_TEST_TMPDIR/tmp"
    wanted="open 0
10 written, at 0, 7, 8, and 28
0: type 4 links 1 size 10 whole
0: type 4 links 1 size 10 whole
poll 0 5/0/0 6/9/28"
    guest unstable
    [ "$output" = "$wanted" ]
    MEWZ_DIRS=$BATS_TEST_TMPDIR:/ process unstable
    [ "$output" = "$wanted" ]
}
