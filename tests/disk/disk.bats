# Disks with a file system: mewz-cc run --disk.
# shellcheck disable=SC2030,SC2031 # each test has its own
load volumes

setup() {
    use_program --disk disk0:/disk
    cd "$BATS_TEST_TMPDIR"
    truncate -s 64M disk.img
    mke2fs -q -F -t ext4 -b 4096 disk.img
}

is_consistent() {
    e2fsck -fn disk.img >check.log 2>&1 || {
        cat check.log
        return 1
    }
}

@test "a program uses a disk, on MMIO and on PCI" {
    for machine in microvm q35 pc; do
        volumes --machine $machine --disk disk.img:/disk -- use /disk
        [ "$status" = 0 ]
        [ "$output" = used ]
        is_consistent
    done
}

@test "what one machine wrote, the next one reads" {
    volumes --disk disk.img:/disk -- write /disk/lost+found kept "still there"
    [ "$status" = 0 ]
    is_consistent
    volumes --disk disk.img:/disk:ro -- show /disk/lost+found kept
    [ "$output" = "still there" ]
}

@test "a disk in place of the root, beside a disk image that boots" {
    timeout 120 mewz-cc build "$ROOT/build/guests/volumes.wasm" -o boot.img --disk :/ -- write / kept "in the root"
    run timeout 120 mewz-cc run boot.img --disk disk.img:/
    [ "$status" = 0 ]
    volumes --disk disk.img:/disk -- show /disk kept
    [ "$output" = "in the root" ]
}

@test "read-only is enforced" {
    volumes --disk disk.img:/disk -- write /disk file text
    before=$(sha256sum disk.img)
    volumes --disk disk.img:/disk:ro -- refused /disk
    [ "$output" = refused ]
    [ "$(sha256sum disk.img)" = "$before" ]
}

@test "a full disk is ENOSPC, and has room again" {
    volumes --disk disk.img:/disk -- fill /disk
    [ "$status" = 0 ]
    [[ $output == *"write: No space left on device"* ]]
    [[ $output == *"fsync: done"*"unlink: done" ]]
    is_consistent
    volumes --disk disk.img:/disk -- use /disk
    [ "$output" = used ]
}

@test "a disk of 300 GiB with bitmaps for all of it, in a small machine" {
    truncate -s 300G disk.img
    mke2fs -q -F -t ext4 -b 4096 -N 131072 -O "^metadata_csum,^uninit_bg,^resize_inode" disk.img
    volumes -m 64 --disk disk.img:/disk -- write /disk file text
    [ "$status" = 0 ]
    volumes -m 64 --disk disk.img:/disk -- show /disk file
    [ "$output" = text ]
    is_consistent
}

@test "a folder of 20,000 files" {
    truncate -s 256M large.img
    mke2fs -q -F -t ext4 -b 4096 -N 30000 large.img
    volumes --disk large.img:/disk -- many /disk 20000
    [ "$output" = "20000 files" ]
    mv large.img disk.img
    is_consistent
}

@test "a folder with an index that Linux made" {
    mkdir -p tree/many
    (cd tree/many && seq -f "there before %g" 3000 | xargs -d '\n' touch)
    mke2fs -q -F -t ext4 -b 4096 -d tree disk.img
    e2fsck -fyD disk.img >/dev/null || [ $? -le 1 ]
    debugfs -R "stat many" disk.img 2>/dev/null | grep -q 'Flags: 0x81000'
    volumes --disk disk.img:/disk -- many /disk 2000
    [ "$output" = "2000 files" ]
    is_consistent
    [ "$(debugfs -R "ls -p many" disk.img 2>/dev/null | grep -c "there before")" = 3000 ]
}

# What the journal of the disk would give after a power cut now.
survives() {
    cp --sparse=always disk.img cut.img
    e2fsck -fy cut.img >/dev/null || [ $? -le 1 ]
    [ "$(debugfs -R "cat unsynced" cut.img 2>/dev/null)" = written ]
}

@test "while a program waits, what it has not synced is committed" {
    timeout 120 mewz-cc run "$PROGRAM" -m 128 --disk disk.img:/disk -- wait /disk >out 3>&- &
    run=$!
    wait_until grep -q waiting out
    wait_until survives
    kill "$run"
    wait "$run" || [ $? = 143 ]
}

@test "while a program waits for stdin as well" {
    mkfifo input
    timeout 120 mewz-cc run "$PROGRAM" -m 128 --disk disk.img:/disk -- wait /disk stdin <input >out 3>&- &
    run=$!
    exec 8>input
    wait_until grep -q waiting out
    wait_until survives
    printf x >&8
    exec 8>&-
    wait "$run"
}

has_lines() {
    [ "$(wc -l <out)" -ge "$1" ]
}

@test "the machine dies: every record that was synced is there" {
    for round in 1 2 3 4; do
        mke2fs -q -F -t ext4 -b 4096 disk.img
        : >out
        mewz-cc run "$PROGRAM" -m 128 --disk disk.img:/disk -- append /disk >out 2>err &
        run=$!
        wait_until has_lines $((round * 20))
        qemu=$(pgrep -P "$run" qemu-system)
        kill -9 "$run"
        wait "$run" || [ $? = 137 ]
        wait_until is_gone "$qemu"
        last=$(tail -n 1 out)
        [ "$last" -ge 10 ]
        volumes --disk disk.img:/disk -- write /disk after "the reboot"
        [ "$status" = 0 ]
        is_consistent
        debugfs -R "cat records" disk.img 2>/dev/null >records
        grep -qx "record $last" records
    done
}

# errors EVENT FLUSHES: fills a disk on a device that fails as write_errors says.
errors() {
    write_errors "$1" "$2"
    timeout 120 mewz-cc build "$ROOT/build/guests/volumes.wasm" -o failing.elf --disk disk0:/disk -- fill /disk
    run --separate-stderr timeout 120 qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 128 -nodefaults \
        -no-user-config -no-reboot -display none -kernel failing.elf -serial stdio \
        -device isa-debug-exit,iobase=0x501,iosize=1 -global virtio-mmio.force-legacy=false \
        -drive if=none,id=disk,format=raw,werror=report,rerror=report,file=blkdebug:errors.conf:disk.img \
        -device virtio-blk-device,drive=disk,serial=disk0
    echo "$output"
}

@test "errors of the device: EIO, or a panic where it cannot be mounted; what had been written stays whole" {
    for event in read_aio write_aio flush_to_disk; do
        errors $event 0
        [[ $output == *'panic: files: disk "disk0" cannot be mounted on /disk: '* ]]
    done
    for event in write_aio flush_to_disk; do
        errors $event 6 # the mount takes fewer
        [[ $output == *"I/O error"* ]]
        volumes --disk disk.img:/disk -- write /disk file "mounted again"
        [ "$status" = 0 ]
        is_consistent
    done
}

@test "what is no such file system is a panic that says so" {
    truncate -s 0 disk.img
    truncate -s 1M disk.img
    volumes --disk disk.img:/disk -- use /disk
    [ "$status" = 70 ]
    [[ $stderr == *"it has no ext4 file system"* ]]
    volumes -- use /disk
    [ "$status" = 70 ]
    [[ $stderr == *"the machine has no such disk"* ]]
    volumes --disk nothing.img:/disk -- use /disk
    [ "$status" = 1 ]
    run --separate-stderr timeout 60 mewz-cc run "$ROOT/build/guests/volumes.elf" --disk disk.img:/disk
    [[ $stderr == *"built without --disk"* ]]
}
