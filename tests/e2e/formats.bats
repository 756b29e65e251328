# Every format of `mewz-cc build` boots, comes out the same each time, and converts into every other one.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
load ../lib/fails
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
OVMF=/usr/share/ovmf/OVMF.fd
FORMATS="raw qcow2 iso vmdk vhd vhdx"
export MEWZ_ACCEL=tcg

# The same program with three million bytes of data.
write_big() {
    local bytes
    bytes=$(head -c 3000000 /dev/urandom | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\/g')
    cat <<END
(module
  (import "wasi_snapshot_preview1" "fd_write" (func \$write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 64)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "hello\\n")
  (data (i32.const 65536) "$bytes")
  (func (export "_start") (drop (call \$write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
END
}

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mewz-cc compile "$ROOT/build/guests/hello.wasm" -o hello.o
    mewz-cc build hello.o -o hello.elf
    write_big >big.wat
    mewz-cc compile big.wat -o big.o
    for format in $FORMATS; do
        mewz-cc build hello.o -o "hello.$format" --format "$format"
    done
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

says_hello() {
    run --separate-stderr timeout 120 mewz-cc run "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = 0 ]
    [ "$output" = hello ]
}

# Without what `mewz-cc run` gives: the serial port says hello, and the machine switches itself off.
boots() {
    run timeout 120 qemu-system-x86_64 -accel tcg -cpu max -m 128 -nodefaults -display none -no-reboot \
        -serial stdio "$@" </dev/null
    printf '%.3000s\n' "$output"
    [[ $output == *hello* ]]
    [ "$status" = 0 ]
}

@test "BIOS boots every format" {
    for format in $FORMATS; do
        says_hello "hello.$format"
    done
}

@test "UEFI boots every format" {
    for format in $FORMATS; do
        says_hello "hello.$format" --firmware uefi
    done
}

@test "BIOS boots the ISO as a CD" { boots -M pc -cdrom hello.iso; }
@test "UEFI boots the ISO as a CD" { boots -M pc -bios "$OVMF" -cdrom hello.iso; }
@test "UEFI boots the ISO as a SATA CD on q35" { boots -M q35 -bios "$OVMF" -cdrom hello.iso; }
@test "BIOS boots the ISO from a USB stick" {
    boots -M pc -drive if=none,id=stick,format=raw,readonly=on,file=hello.iso -device qemu-xhci -device usb-storage,drive=stick
}
@test "UEFI boots the ISO from a USB stick" {
    boots -M pc -bios "$OVMF" -drive if=none,id=stick,format=raw,readonly=on,file=hello.iso -device qemu-xhci \
        -device usb-storage,drive=stick
}

@test "BIOS boots a CD with a kernel of many reads" {
    mewz-cc build big.o -o "$BATS_TEST_TMPDIR/big.iso"
    boots -M pc -cdrom "$BATS_TEST_TMPDIR/big.iso"
}

@test "the same program gives the same bytes, whatever the time, the folder and the name" {
    mkdir "$BATS_TEST_TMPDIR/other"
    for format in $FORMATS; do
        TMPDIR=$BATS_TEST_TMPDIR/other TZ=Asia/Tokyo mewz-cc build hello.o -o "$BATS_TEST_TMPDIR/x" --format "$format"
        cmp "hello.$format" "$BATS_TEST_TMPDIR/x"
    done
}

@test "every format converts into every other one, and back into the kernel" {
    for from in $FORMATS elf; do
        for to in $FORMATS elf; do
            mewz-cc convert "hello.$from" -o "$BATS_TEST_TMPDIR/x" --format "$to"
            cmp "hello.$to" "$BATS_TEST_TMPDIR/x"
        done
    done
}

@test "the ending of the output says the format" {
    for ending in img qcow2 iso vmdk vhd vhdx elf; do
        mewz-cc convert hello.raw -o "$BATS_TEST_TMPDIR/x.$ending"
    done
    cd "$BATS_TEST_TMPDIR"
    cmp x.img "$BATS_FILE_TMPDIR/hello.raw"
    for format in qcow2 iso vmdk vhd vhdx elf; do
        cmp "x.$format" "$BATS_FILE_TMPDIR/hello.$format"
    done
}

@test "the formats are what their own tools expect" {
    for format in qcow2 vmdk vhdx; do
        [ "$(qemu-img info --output=json "hello.$format" | sed -n 's/.*"format": "\(.*\)".*/\1/p' | head -n 1)" = "$format" ]
    done
    qemu-img check -q hello.qcow2
    qemu-img check -q hello.vhdx
    qemu-img info hello.vmdk | grep -q 'create type: streamOptimized'
    qemu-img compare -f vpc hello.vhd -F raw hello.raw
    [ $(($(stat -c %s hello.vhd) % 1048576)) = 512 ]
    xorriso -indev hello.iso -find / -type f -exec echo -- 2>/dev/null | grep -q kernel.elf
    for disk in hello.raw hello.iso; do
        run sgdisk -v "$disk"
        [[ $output == *"No problems found"* ]]
    done
}

@test "--size and --disk-label" {
    mewz-cc build hello.o -o "$BATS_TEST_TMPDIR/big.img" --size 100M --disk-label my-program
    cd "$BATS_TEST_TMPDIR"
    [ "$(stat -c %s big.img)" = 104857600 ]
    [ "$(stat -c %b big.img)" -lt 4096 ] # sparse
    sgdisk -p big.img | grep -q my-program
    run sgdisk -v big.img
    [[ $output == *"No problems found"* ]]
    says_hello big.img
    mewz-cc convert big.img -o big.iso --size 3M --disk-label my-program
    [ "$(stat -c %s big.iso)" = 3145728 ]
    [ "$(dd if=big.iso bs=1 skip=32808 count=10 status=none)" = MY_PROGRAM ]
    mewz-cc convert big.iso -o big.qcow2 --size 2G
    qemu-img info big.qcow2 | grep -q 'virtual size: 2 GiB'
}

@test "what cannot be made is said in a line, and leaves nothing" {
    cd "$BATS_TEST_TMPDIR"
    hello=$BATS_FILE_TMPDIR/hello
    fails 1 "the image needs 4 MiB" mewz-cc build "$BATS_FILE_TMPDIR/big.o" -o x.img --size 3M
    fails 2 "--disk-label a/b" mewz-cc build "$hello.o" -o x.img --disk-label a/b
    fails 2 "raw|qcow2|iso|vmdk|vhd|vhdx|elf|oci" mewz-cc convert "$hello.raw" -o x.floppy
    fails 1 "not a kernel or an image" mewz-cc convert "$ROOT/build/guests/hello.wasm" -o x.img
    qemu-img create -q -f qcow2 foreign.qcow2 1M
    fails 1 "foreign.qcow2: a qcow2 image, but not one of mewz-cc's" mewz-cc convert foreign.qcow2 -o x.img
    head -c 100000 "$hello.vmdk" >cut.vmdk
    fails 1 "qemu-img" mewz-cc run cut.vmdk
    fails 1 "apt-get install qemu-utils" env PATH=/nowhere "$ROOT/bin/mewz-cc" convert "$hello.raw" -o x.qcow2
    fails 1 "apt-get install xorriso" env PATH=/nowhere "$ROOT/bin/mewz-cc" convert "$hello.raw" -o x.iso
    [ "$(echo x*)" = 'x*' ]
}
