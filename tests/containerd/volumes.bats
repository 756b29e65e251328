# The container's files: those of its image, bind mounts of folders and of single files, tmpfs.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    containerd_begin
    mkdir -p "$work/image-volumes/data" "$work/image-volumes/fixed"
    echo "from the image" >"$work/image-volumes/data/file"
    mkdir "$work/outside"
    echo secret >"$work/outside/file"
    ln -s "../../../../../../../../../..$work/outside" "$work/image-volumes/out"
    ln -s ../../../data "$work/image-volumes/inside"
    image volumes
    image streams
}

teardown_file() {
    containerd_end
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir host
    echo "from the host" >host/file
    echo other >host/other
}

# Whatever a test did, nothing may be left of it.
teardown() {
    containers_remove
    nothing_is_left
}

# volumes ID OPTION... -- WHAT FOLDER ARGUMENT...: sets $status and $output
volumes() {
    local id=$1 options=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    run run_mewz "${options[@]}" localhost/volumes:1 "$id" /app.wasm "$@"
    echo "exit code $status: $output"
}

bind() {
    echo "type=bind,src=$BATS_TEST_TMPDIR/$1,dst=$2,options=rbind:${3:-rw}"
}

@test "a program reads and changes files of the image, each container its own" {
    volumes c1 --rm -- show /data file
    [ "$status" = 0 ]
    [ "$output" = "from the image" ]
    volumes c1 --rm -- use /data
    [ "$output" = used ]
    volumes c1 --rm -- use /tmp
    [ "$output" = used ]
    volumes c1 --rm -- show /data file
    [ "$output" = "from the image" ]
}

@test "a folder of the host, to write" {
    volumes c1 --rm --mount "$(bind host /data)" -- use /data
    [ "$output" = used ]
    [ "$(cat host/file)" = "through a link" ]
    volumes c1 --rm --mount "$(bind host /made/for/it)" -- write /made/for/it written text
    [ "$status" = 0 ]
    [ "$(cat host/written)" = text ]
}

@test "a folder of the host, to read only, with what is mounted below it" {
    mkdir host/below inner
    mount --bind inner host/below
    volumes c1 --rm --mount "$(bind host /data ro)" -- refused /data
    local refused=$output
    volumes c1 --rm --mount "$(bind host /data ro)" -- write /data/below new text
    umount host/below
    [ "$refused" = refused ]
    [ "$status" = 1 ]
    [[ "$output" == *"Read-only file system"* ]]
    [ -z "$(ls inner)" ]
    [ "$(ls host)" = $'below\nfile\nother' ]
}

@test "a single file, in a folder of the image, is read and not written" {
    volumes c1 --rm --mount "$(bind host/file /data/one ro)" -- show /data one
    [ "$output" = "from the host" ]
    volumes c1 --rm --mount "$(bind host/file /data/one ro)" -- write /data one text
    [ "$status" = 1 ]
    [[ "$output" == *"Read-only file system"* ]]
    [ "$(cat host/file)" = "from the host" ]
    volumes c1 --rm --mount "$(bind host/file /data/one)" -- write /data one text
    [ "$status" = 0 ]
    [ "$(cat host/file)" = text ]
}

@test "tmpfs, which takes no more than it may, and hides what the image has" {
    volumes c1 --rm --mount type=tmpfs,src=tmpfs,dst=/data,options=size=64k -- show /data file
    [[ "$output" == *"No such file"* ]]
    volumes c1 --rm --mount type=tmpfs,src=tmpfs,dst=/data,options=size=64k -- fill /data
    [[ "$output" == *"write: No space left on device"* ]]
    # It is the machine's memory: without a size, half of what is free of 32 MiB, whatever the image allows.
    volumes c1 --rm --memory-limit 134217728 --mount type=tmpfs,src=tmpfs,dst=/data -- fill /data
    [ "$status" = 0 ]
    [[ "$output" == *"write: No space left on device"* ]]
    volumes c1 --rm --read-only --mount type=tmpfs,src=tmpfs,dst=/data,options=size=16m -- use /data
    [ "$output" = used ]
    volumes c1 --rm --mount type=tmpfs,src=tmpfs,dst=/data,options=ro -- write /data new text
    [[ "$output" == *"Read-only file system"* ]]
}

@test "tmpfs in which another mount lies is the server's, and counts for the container" {
    volumes c1 --rm --mount type=tmpfs,src=tmpfs,dst=/data --mount "$(bind host /data/below)" -- show /data/below file
    [ "$output" = "from the host" ]
    volumes c1 --rm --mount type=tmpfs,src=tmpfs,dst=/data \
        --mount "type=none,src=$PWD/host,dst=/data/below,options=rbind:rw" -- show /data/below file
    [ "$output" = "from the host" ]
    volumes c1 --memory-limit 134217728 --mount type=tmpfs,src=tmpfs,dst=/data --mount "$(bind host /data/below)" \
        -- fill /data
    [ "$status" = 137 ]
}

@test "a read-only root file system, with a mount that is not" {
    volumes c1 --rm --read-only -- write /data new text
    [ "$status" = 1 ]
    [[ "$output" == *"Read-only file system"* ]]
    volumes c1 --rm --read-only --mount "$(bind host /fixed)" -- write /fixed new text
    [ "$status" = 0 ]
    [ "$(cat host/new)" = text ]
}

@test "links of the image lead nowhere outside: neither files nor places to mount" {
    volumes c1 --rm -- show /out file
    [[ "$output" != *secret* ]]
    volumes c1 --mount "$(bind host/file /out/place)" -- show /data file
    [ "$status" != 0 ]
    [ "$(ls "$work/outside")" = file ]
    volumes c2 --rm --mount "$(bind host/file /inside/place)" -- show /data place
    [ "$output" = "from the host" ]
}

@test "what is not there to mount is an error that says so" {
    volumes c1 --rm --mount "$(bind missing /data)" -- show /data file
    [ "$status" != 0 ]
    [[ "$output" == *"mounting $BATS_TEST_TMPDIR/missing on /data: No such file or directory"* ]]
}

@test "a kernel that was linked without virtio-fs has its own files; with it, the container's" {
    mkdir elf
    "$here/bin/mewz-cc" build "$here/build/guests/volumes.wasm" -o elf/without.elf
    "$here/bin/mewz-cc" build "$here/build/guests/volumes.wasm" -o elf/with.elf --mount any:/data
    echo "beside the kernel" >elf/file
    "$here/tests/containerd/image.sh" elf localhost/kernels:1 "$work/kernels.tar" linux/amd64 /with.elf
    ctr image import "$work/kernels.tar"
    run run_mewz --rm localhost/kernels:1 c1 /without.elf show / file
    [ "$status" = 0 ]
    [[ "$output" == *"No such file"* ]]
    run run_mewz --rm localhost/kernels:1 c1 /with.elf show / file
    [ "$status" = 0 ]
    [ "$output" = "beside the kernel" ]
}

@test "who serves the files is in the container's control group, and ends with the machine and with the shim" {
    timeout 60 ctr run -d --runtime io.containerd.mewz.v1 --log-uri "file://$work/log/c1" \
        --mount "$(bind host /data)" localhost/volumes:1 c1 /app.wasm append /data
    wait_until test -s "$work/log/c1"
    local pid=
    for pid in $(process_of virtiofsd); do
        grep -q "/$ns/c1" "/proc/$pid/cgroup"
    done
    [ -n "$pid" ]
    ctr task kill -s KILL c1
    wait_until runs_no virtiofsd
    containers_remove
    run ! grep -v '^[0-9]*$' "$work/log/c1" # nothing but what the program printed
    rm host/records

    run_mewz -d --mount "$(bind host /data)" localhost/volumes:1 c2 /app.wasm append /data
    wait_until test -s host/records
    kill -KILL "$(process_of containerd-shim)"
    wait_until runs_no virtiofsd
}

@test "a program without paths has no server of files" {
    run_mewz -d localhost/streams:1 c1
    [ -n "$(process_of qemu)" ]
    [ -z "$(process_of virtiofsd)" ]
}

# as_user USER OPTION... -- WHAT FOLDER ARGUMENT...: volumes, in a container whose image names the user
as_user() {
    IMAGE_USER=$1 "$here/tests/containerd/image.sh" "$work/image-volumes" localhost/volumes:1 "$work/user.tar" \
        linux/amd64 /app.wasm
    ctr image import "$work/user.tar" >/dev/null
    shift
    volumes user --rm "$@"
}

@test "what the program does to files its user does: who owns them, and what is refused" {
    chmod 755 "$BATS_TEST_TMPDIR" host
    mkdir -m 777 open
    mkdir -m 700 closed
    echo secret >closed/file
    chown 1234:5678 closed closed/file
    chmod 600 host/other
    as_user 1234:5678 --mount "$(bind open /data)" -- write /data new text
    [ "$status" = 0 ]
    [ "$(stat -c %u:%g open/new)" = 1234:5678 ]
    as_user 1234:5678 --mount "$(bind closed /data)" -- show /data file
    [ "$output" = secret ]
    as_user 1235:5678 --mount "$(bind closed /data)" -- show /data file
    [[ "$output" == *"Permission denied"* ]]
    as_user 1234:5678 --mount "$(bind host /data)" -- show /data other
    [[ "$output" == *"Permission denied"* ]]
    as_user 1234:5678 --mount "$(bind host /data)" -- show /data file
    [ "$output" = "from the host" ]
    mkdir -m 770 shared
    mkdir -p "$work/image-volumes/etc" # which names a group
    echo "app:x:1234:5678::/:/none" >"$work/image-volumes/etc/passwd"
    echo "extra:x:4321:app" >"$work/image-volumes/etc/group"
    echo "the group's" >shared/file
    chgrp 4321 shared
    as_user 1234:5678 --mount "$(bind shared /data)" -- show /data file
    [ "$output" = "the group's" ]
    as_user 1234:5678 -- write / new text # root's, in the image
    [[ "$output" == *"Permission denied"* ]]
    as_user 0:0 -- write / new text
    [ "$status" = 0 ]
}
