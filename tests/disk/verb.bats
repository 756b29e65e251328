# mewz-cc disk: create, ls, cp.
# shellcheck disable=SC2030,SC2031 # each test has its own
load volumes
load ../lib/fails

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "a disk is a consistent file system, and the same one every time" {
    mewz-cc disk create one.img --size 64MiB --label data
    mewz-cc disk create two.img --size 64MiB --label data
    cmp one.img two.img
    e2fsck -fn one.img
    [ "$(e2label one.img)" = data ]
    [ "$(mewz-cc disk ls one.img)" = "d        16384 lost+found" ]
}

@test "files go there and back" {
    mewz-cc disk create disk.img --size 32MiB
    head -c 3000000 /dev/urandom >large
    echo small >small
    mewz-cc disk cp large disk.img:/large
    mewz-cc disk cp small disk.img:/lost+found
    mewz-cc disk cp small disk.img:/other
    mewz-cc disk cp large disk.img:/other # in the place of what is there
    mewz-cc disk ls disk.img | grep -qx -- '-      3000000 other'
    [ "$(mewz-cc disk ls disk.img:/lost+found)" = "-            6 small" ]
    mkdir back
    mewz-cc disk cp disk.img:/other back
    cmp large back/other
    mewz-cc disk cp disk.img:/lost+found/small again
    cmp small again
    e2fsck -fn disk.img
}

@test "a name that a terminal would obey is shown harmless" {
    mewz-cc disk create disk.img --size 32MiB
    echo x >file
    mewz-cc disk cp file disk.img:/$'a\e[31mred\nb'
    mewz-cc disk ls disk.img | grep -qx -- '-            2 a?\[31mred?b'
}

@test "a file that has no room outside says so, and leaves nothing" {
    [ "$(id -u)" = 0 ] || skip "only root can mount a small file system"
    mewz-cc disk create disk.img --size 32MiB
    head -c 3000000 /dev/urandom >large
    mewz-cc disk cp large disk.img:/large
    mkdir small
    mount -t tmpfs -o size=1500k none small || skip "no file system can be mounted here"
    run --separate-stderr mewz-cc disk cp disk.img:/large small/back
    left=$(ls -A small)
    umount small
    [ "$status" = 1 ]
    [ "$stderr" = "mewz-cc: small/back: No space left on device" ]
    [ -z "$left" ]
}

@test "a program finds what was copied, and what it wrote can be copied" {
    use_program --disk disk0:/disk
    mewz-cc disk create disk.img --size 32MiB
    echo "from outside" >file
    mewz-cc disk cp file disk.img:/file
    volumes --disk disk.img:/disk -- show /disk file
    [ "$output" = "from outside" ]
    volumes --disk disk.img:/disk -- write /disk written "from inside"
    mewz-cc disk cp disk.img:/written written
    [ "$(cat written)" = "from inside" ]
}

@test "what cannot be done is said in one line" {
    mewz-cc disk create disk.img --size 32MiB
    echo text >file
    fails 1 "disk.img: is there already" mewz-cc disk create disk.img --size 32MiB
    fails 2 "--size: at least 8MiB" mewz-cc disk create small.img --size 1MiB
    fails 2 "expected FILE --size SIZE" mewz-cc disk create small.img
    fails 1 "disk.img:/none: No such file or directory" mewz-cc disk cp disk.img:/none file2
    fails 1 "disk.img:/lost+found: not a file" mewz-cc disk cp disk.img:/lost+found file2
    fails 1 "none.img: No such file" mewz-cc disk ls none.img
    fails 2 "neither is on a disk" mewz-cc disk cp file file2
    fails 2 "disk: list: none of create, ls, cp" mewz-cc disk list disk.img
    [ ! -e small.img ]
    [ ! -e file2 ]
    e2fsck -fn disk.img
}

@test "a disk that is in use is left alone" {
    use_program --disk disk0:/disk
    mewz-cc disk create disk.img --size 32MiB
    mewz-cc run "$PROGRAM" -m 128 --disk disk.img:/disk -- append /disk >out 2>err &
    run=$!
    wait_until test -s out
    echo text >file
    fails 1 "disk.img: in use, or was not unmounted" mewz-cc disk cp file disk.img:/file
    kill -9 "$run"
}
