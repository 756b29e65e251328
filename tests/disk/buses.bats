# Disks that are no virtio block devices, as clouds have them: large folders of an image, and file systems.
# shellcheck disable=SC2030,SC2031 # each test has its own
load volumes

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir site
    seq 1 2500000 >site/numbers
    mewz-cc compile "$ROOT/build/guests/files.wasm" -o files.o
    mewz-cc compile "$ROOT/build/guests/volumes.wasm" -o volumes.o
    mewz-cc build files.o -o files.img --dir site:/srv -- sample /srv/numbers
    mewz-cc build files.o -o files.elf --dir site:/srv -- sample /srv/numbers
    mewz-cc run files.elf -m 64 >sample
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/*.o .
}

# machine OPTION...: a machine whose serial port is $output
machine() {
    run timeout 120 qemu-system-x86_64 -accel tcg -cpu max -m 128 -nodefaults -no-user-config -no-reboot -display none \
        -serial stdio -device isa-debug-exit,iobase=0x501,iosize=1 -global virtio-mmio.force-legacy=false "$@"
    printf 'exit code %s: %.2000s\n' "$status" "$output"
}

# drive FILE SERIAL BUS [PROPERTIES]: prints the options for a disk on one, which has its own controller where the bus is
# no `scsi`
drive() {
    echo "-drive if=none,id=$2,format=raw,werror=report,rerror=report,file=$1"
    case $3 in
    scsi) echo "-device scsi-hd,drive=$2,id=device-$2,serial=$2${4-}" ;;
    nvme) echo "-device nvme,drive=$2,serial=$2${4-}" ;;
    nvme-ns) echo "-device nvme-ns,drive=$2${4-}" ;; # of one controller
    scsi-*) echo "-device virtio-$3 -device scsi-hd,drive=$2,serial=$2${4-}" ;;
    esac
}

is_sample() {
    [ "$(tr -d '\r' <<<"$output" | tail -n 1)" = "$(cat "$BATS_FILE_TMPDIR/sample")" ]
}

@test "buses: large folders of an image that booted from it, by BIOS and UEFI" {
    # shellcheck disable=SC2046,SC2086 # words
    for bus in scsi-pci nvme; do
        machine -M pc $(drive "$BATS_FILE_TMPDIR/files.img" system $bus ,bootindex=0)
        is_sample
        machine -M q35 -bios /usr/share/ovmf/OVMF.fd $(drive "$BATS_FILE_TMPDIR/files.img" system $bus ,bootindex=0)
        is_sample
    done
}

@test "buses: large folders beside a kernel, also with blocks of 4096 bytes" {
    # shellcheck disable=SC2046,SC2086 # words
    for bus in microvm,acpi=off:scsi-device q35:scsi-pci q35:nvme; do
        for blocks in '' ,logical_block_size=4096,physical_block_size=4096; do
            machine -M ${bus%:*} -kernel "$BATS_FILE_TMPDIR/files.elf" \
                $(drive "$BATS_FILE_TMPDIR/files.elf" system ${bus#*:} $blocks)
            is_sample
        done
    done
}

make_disks() {
    for disk in one two; do
        truncate -s 16M $disk.img
        mke2fs -q -F -t ext4 -b 4096 $disk.img
    done
}

are_consistent() {
    e2fsck -fn one.img && e2fsck -fn two.img
}

@test "buses: file systems by serial number, and the image beside them" {
    make_disks
    mewz-cc build volumes.o -o use.elf --dir "$BATS_FILE_TMPDIR/site:/srv" --disk one:/one --disk two:/two -- use /two
    mewz-cc build volumes.o -o read.elf --disk two:/two --disk one:/one:ro -- show /two file
    mewz-cc build volumes.o -o write.elf --disk two:/two -- write /two file text
    # shellcheck disable=SC2046,SC2086 # words
    for bus in scsi nvme; do
        disks="$(drive one.img one $bus ,logical_block_size=4096,physical_block_size=4096) $(drive two.img two $bus)"
        controller=$([ $bus != scsi ] || echo "-device virtio-scsi-pci")
        machine -M q35 -kernel use.elf $controller $(drive use.elf system $bus) $disks
        [[ $output == *used* ]]
        machine -M q35 -kernel write.elf $controller $disks
        [ "$status" = 0 ]
        machine -M q35 -kernel read.elf $controller $disks
        [[ $output == *text* ]]
        are_consistent
    done
}

@test "buses: namespaces of one NVMe controller, by their numbers" {
    make_disks
    mewz-cc build volumes.o -o use.elf --dir "$BATS_FILE_TMPDIR/site:/srv" --disk disk:/one --disk disk_7:/two -- use /two
    # shellcheck disable=SC2046,SC2086 # words
    machine -M q35 -kernel use.elf -device nvme,serial=disk $(drive one.img one nvme-ns ,nsid=1) \
        $(drive two.img two nvme-ns ,nsid=7) $(drive use.elf system nvme-ns ,nsid=200)
    [[ $output == *used* ]]
    are_consistent
}

@test "buses: the first disk with a file system, and none" {
    make_disks
    mewz-cc build volumes.o -o any.elf --disk :/disk -- use /disk
    truncate -s 1M nothing.img
    # shellcheck disable=SC2046,SC2086 # words
    for bus in scsi nvme; do
        controller=$([ $bus != scsi ] || echo "-device virtio-scsi-pci")
        machine -M pc -kernel any.elf $controller $(drive nothing.img nothing $bus) $(drive one.img one $bus)
        [[ $output == *used* ]]
        machine -M pc -kernel any.elf $controller $(drive nothing.img nothing $bus)
        [[ $output == *"the machine has no such disk"* ]]
    done
}

@test "buses: errors of a disk are EIO, and what had been written stays whole" {
    make_disks
    mewz-cc build volumes.o -o fill.elf --disk one:/disk -- fill /disk
    # shellcheck disable=SC2046,SC2086 # words
    for bus in scsi-pci nvme; do
        for event in write_aio flush_to_disk; do
            write_errors $event 6 # the mount takes fewer
            machine -M q35 -kernel fill.elf $(drive blkdebug:errors.conf:one.img one $bus)
            [[ $output == *"I/O error"* ]]
            machine -M q35 -kernel fill.elf $(drive one.img one $bus)
            [[ $output == *"unlink: done"* ]]
            are_consistent
        done
        write_errors read_aio 0
        machine -M q35 -kernel fill.elf $(drive blkdebug:errors.conf:one.img one $bus)
        [[ $output == *'disk "one" cannot be mounted on /disk: '* ]]
    done
}

@test "buses: a disk that is taken away is EIO, and the one beside it goes on" {
    make_disks
    mewz-cc build volumes.o -o append.elf --disk one:/one --disk two:/two -- append /one
    mkfifo monitor.in monitor.out
    # shellcheck disable=SC2046,SC2086 # words
    timeout 120 qemu-system-x86_64 -M q35 -accel tcg -cpu max -m 128 -nodefaults -no-user-config -no-reboot -display none \
        -serial file:out -device isa-debug-exit,iobase=0x501,iosize=1 -kernel append.elf -device virtio-scsi-pci \
        $(drive one.img one scsi) $(drive two.img two scsi) -chardev pipe,id=monitor,path=monitor \
        -mon chardev=monitor,mode=readline 3>&- &
    machine=$!
    cat monitor.out >/dev/null 3>&- &
    wait_until grep -q "^20" out
    echo "device_del device-one" >monitor.in
    wait_until is_gone "$machine"
    tail -n 3 out
    grep -q "I/O error" out
    e2fsck -fy one.img || [ $? = 1 ]
    e2fsck -fn two.img
}
