# Raw disk images: they boot whatever the firmware and the disk, and the kernel comes whole. The kernel here is a probe
# (tests/image/probe.c) that checks itself and what it was handed.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
WHERE=$BATS_FILE_TMPDIR
OVMF=/usr/share/ovmf/OVMF.fd

# probe NAME MIB: a kernel of that size, and its image.
probe() {
    node -e '
        const words = new Uint32Array(process.argv[2] * 2 ** 18).map((_, i) => i);
        require("fs").writeFileSync(process.argv[1], words);' "$WHERE/bulk" "$2"
    clang-19 -target i386-unknown-none-elf -std=gnu17 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic \
        -mgeneral-regs-only -I"$ROOT/sdk/include" "-DBULK=\"$WHERE/bulk\"" -c "$ROOT/tests/image/probe.c" -o "$WHERE/probe.o"
    ld.lld-19 -T "$ROOT/tests/image/probe.ld" "$WHERE/probe.o" -o "$WHERE/probe32"
    llvm-objcopy-19 -O elf64-x86-64 "$WHERE/probe32" "$WHERE/$1.elf"
    "$WHERE/bin/write_raw" "$WHERE/$1.elf" "$WHERE/$1.img"
}

setup_file() {
    mkdir "$WHERE/bin"
    ln -s "$ROOT/lib" "$WHERE/lib"
    clang-19 -std=gnu17 -O1 -g -fsanitize=address,undefined -D_GNU_SOURCE -I"$ROOT/sdk" -I"$ROOT/sdk/include" \
        "$ROOT/tests/image/write_raw.c" "$ROOT"/sdk/image/*.c "$ROOT"/sdk/base/*.c -lcjson -lmd -o "$WHERE/bin/write_raw"
    probe small 1
    probe large 24
}

# machine IMAGE ARGUMENT...: its serial port on stdout; QEMU ends with 1 if the kernel says 0.
machine() {
    local image=$1
    shift
    exec timeout -k 1 120 qemu-system-x86_64 -accel tcg -cpu max -m "${MEMORY:-128}" -nodefaults -display none -no-reboot \
        -serial stdio -drive "if=none,id=disk,format=raw,readonly=on,file=$image" \
        -chardev null,id=exit -device isa-debugcon,iobase=0x502,readback=0x5a,chardev=exit \
        -device isa-debug-exit,iobase=0x501,iosize=1 "$@" </dev/null
}

boots() {
    run machine "$@"
    printf "%.3000s\n" "$output"
    [ "$status" = 1 ]
    [[ $output == *whole* ]]
}

@test "BIOS: virtio disk" { boots "$WHERE/small.img" -M pc -device virtio-blk-pci,drive=disk; }
@test "BIOS: virtio disk on q35" { boots "$WHERE/small.img" -M q35 -device virtio-blk-pci,drive=disk; }
@test "BIOS: SCSI disk" { boots "$WHERE/small.img" -M pc -device virtio-scsi-pci -device scsi-hd,drive=disk; }
@test "BIOS: NVMe disk" { boots "$WHERE/small.img" -M q35 -device nvme,drive=disk,serial=1; }
@test "BIOS: USB stick" { boots "$WHERE/small.img" -M pc -device qemu-xhci -device usb-storage,drive=disk; }
@test "BIOS: IDE disk" { boots "$WHERE/small.img" -M pc -drive "if=ide,format=raw,snapshot=on,file=$WHERE/small.img"; }
@test "BIOS: SATA disk" {
    boots "$WHERE/small.img" -M q35 -drive "if=none,id=sata,format=raw,snapshot=on,file=$WHERE/small.img" -device ide-hd,drive=sata
}

@test "BIOS: a kernel of 24 MiB" { boots "$WHERE/large.img" -M pc -device virtio-blk-pci,drive=disk; }

@test "BIOS: 8 MiB of memory" { MEMORY=8 boots "$WHERE/small.img" -M pc -device virtio-blk-pci,drive=disk; }

@test "BIOS: the memory map" {
    boots "$WHERE/small.img" -M pc -device virtio-blk-pci,drive=disk
    [[ $output =~ memory\ 0x0000000000100000\ 0x0000000007e[0-9a-f]{5}\ 0x0000000000000001 ]]
}

@test "UEFI: pc, with memory map and ACPI tables" {
    boots "$WHERE/small.img" -M pc -bios "$OVMF" -device virtio-blk-pci,drive=disk
    [[ $output == *"RSD PTR "* ]]
    [[ $output == *"memory 0x0000000000100000 0x"*" 0x0000000000000001"* ]]
}

@test "UEFI: q35, NVMe disk, a kernel where the firmware keeps data of its own" {
    MEMORY=256 boots "$WHERE/large.img" -M q35 -bios "$OVMF" -device nvme,drive=disk,serial=1
}

# The stubs end the machine after a message.
says() {
    local text=$1
    shift
    run machine "$@"
    printf '%.3000s\n' "$output"
    [[ $output == *"panic: boot: $text"* ]]
}

@test "BIOS: too little memory is said" {
    MEMORY=16 says "the machine has not enough memory" "$WHERE/large.img" -M pc -device virtio-blk-pci,drive=disk
}

@test "UEFI: too little memory is said" {
    probe huge 64
    MEMORY=100 says "the machine has not enough memory" "$WHERE/huge.img" -M pc -bios "$OVMF" -device virtio-blk-pci,drive=disk
}

@test "run says what the stub said, and ends" {
    run timeout 60 "$ROOT/bin/mewz-cc" run "$WHERE/large.img" --accel tcg -m 16
    [ "$status" = 70 ]
    [ "$output" = "panic: boot: the machine has not enough memory for the kernel" ]
}

@test "BIOS: a damaged image is said" {
    cp "$WHERE/small.img" "$BATS_TEST_TMPDIR/damaged.img"
    printf damaged | dd of="$BATS_TEST_TMPDIR/damaged.img" bs=1 seek=20480 conv=notrunc status=none
    says "the disk image is damaged" "$BATS_TEST_TMPDIR/damaged.img" -M pc -device virtio-blk-pci,drive=disk
}

@test "BIOS: a disk that ends early is said" {
    head -c 131072 "$WHERE/large.img" >"$BATS_TEST_TMPDIR/cut.img"
    truncate -s 1M "$BATS_TEST_TMPDIR/cut.img"
    MEMORY=64 says "the disk cannot be read" "$BATS_TEST_TMPDIR/cut.img" -M pc -device virtio-blk-pci,drive=disk
}

@test "partition tables and file system are sound" {
    run sgdisk -v "$WHERE/large.img"
    echo "$output"
    [[ $output == *"No problems found"* ]]
    [[ $output != *aution* ]]
    dd if="$WHERE/small.img" of="$BATS_TEST_TMPDIR/esp" bs=512 skip=64 count=256 status=none
    fsck.vfat -n "$BATS_TEST_TMPDIR/esp"
}

@test "the same kernel gives the same bytes, also through a pipe" {
    "$WHERE/bin/write_raw" "$WHERE/small.elf" /dev/stdout | cmp - "$WHERE/small.img"
    cmp "$WHERE/small.elf" <(tail -c +163841 "$WHERE/small.img" | head -c "$(stat -c %s "$WHERE/small.elf")")
}

@test "two kernels give disks of different names" {
    [ "$(sgdisk -p "$WHERE/small.img" | grep GUID)" != "$(sgdisk -p "$WHERE/large.img" | grep GUID)" ]
}

@test "what is no kernel, and what cannot be written, is refused" {
    run "$WHERE/bin/write_raw" "$ROOT/bin/mewz-cc" "$BATS_TEST_TMPDIR/out.img"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"mewz-cc: not a kernel"* ]]
    [ ! -e "$BATS_TEST_TMPDIR/out.img" ]
    run "$WHERE/bin/write_raw" "$WHERE/small.elf" /dev/full
    [[ $output == "/dev/full: No space left on device" ]]
}
