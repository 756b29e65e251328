# Big folders in the image, which the kernel reads from the drive: mewz-cc build --dir.
# shellcheck disable=SC2030,SC2031 # each test has its own
load volumes
load ../lib/count

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir -p site/deep
    seq 1 4000000 >site/numbers
    cp site/numbers site/deep/same
    truncate -s 1G site/sparse
    echo "at the end" >>site/sparse
    echo "small" >site/deep/small
    mkdir part
    cp -r site/numbers site/deep part
    build kernel.elf --dir site:/srv
    build process --target x86_64-linux --format elf --dir site:/srv
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

build() {
    timeout 120 mewz-cc build "$ROOT/build/guests/files.wasm" -o "$@"
}

# files IMAGE OPTION... -- ARG...: sets $status and $output
files() {
    run timeout 120 mewz-cc run "$@"
    printf 'exit code %s: %.2000s\n' "$status" "$output"
}

# machine DRIVE [OPTION...]: kernel.elf in a machine of 64 MiB with that drive; sets $status and $output
machine() {
    local drive=$1
    shift
    run timeout 120 qemu-system-x86_64 -M microvm,acpi=off -accel tcg -cpu max -m 64 -nodefaults -no-user-config \
        -no-reboot -display none -serial stdio -device isa-debug-exit,iobase=0x501,iosize=1 \
        -global virtio-mmio.force-legacy=false \
        -drive "if=none,id=disk,format=raw,readonly=on,rerror=report,file=$drive" -device virtio-blk-device,drive=disk "$@"
    printf 'exit code %s: %.2000s\n' "$status" "$output"
}

@test "trees: a gibibyte in 64 MiB of memory, each byte where it belongs" {
    [ "$(stat -c %s kernel.elf)" -gt $((1 << 30)) ]
    files kernel.elf -m 64 -- list
    [ "$output" = "/srv
/srv/deep
/srv/deep/same 30888896
/srv/deep/small 6
/srv/numbers 30888896
/srv/sparse 1073741835
/tmp" ]
    for file in /srv/numbers /srv/deep/same /srv/sparse; do
        [ "$file" = /srv/deep/same ] || cp --sparse=always "site/${file#/srv/}" saved
        run timeout 120 ./process sample $file
        expected=$output
        mv saved "site/${file#/srv/}" 2>/dev/null || cp site/numbers site/deep/same
        for memory in 16 64; do
            files kernel.elf -m $memory -- sample $file
            [ "$output" = "$expected" ]
        done
    done
}

@test "trees: read in order, changed in memory, removed" {
    timeout 120 mewz-cc run kernel.elf -m 32 -- cat /srv/numbers | cmp - site/numbers
    files kernel.elf -m 32 -- append /srv/deep/small more
    [ "$output" = "small
more" ]
    files kernel.elf -m 32 -- remove /srv/numbers /srv/deep
    [[ $output == "/srv/deep/same 30888896"* ]]
}

@test "trees: the machine starts as with an empty one" {
    mkdir -p empty
    build empty.elf --dir empty:/srv
    mkdir counts
    for image in kernel.elf empty.elf; do
        # shellcheck disable=SC2046
        machine $image -kernel $image $(counting counts)
        read -r "${image%.elf}" _ < <(counts counts)
    done
    # shellcheck disable=SC2154
    echo "$kernel instructions, $empty with an empty tree"
    [ "$kernel" -gt "$empty" ]
    # Whoever waits for the drive first measures the timer, which takes half a millisecond of counting.
    [ "$kernel" -lt $((empty + 500000)) ]
}

@test "trees: what has been read makes room for the program's memory" {
    files kernel.elf -m 64 -- grow /srv/deep/small
    before=${output% MiB}
    files kernel.elf -m 64 -- grow /srv/numbers
    [ "$before" -gt 40 ]
    [ "${output% MiB}" -ge $((before - 2)) ]
}

@test "trees: disk images of all kinds, by BIOS and UEFI" {
    mkdir small
    head -c 20000000 site/numbers >small/numbers
    for format in img qcow2 vmdk vhd vhdx iso; do
        build "files.$format" --dir small:/srv -- sample /srv/numbers
        files "files.$format" -m 64
        [ "$status" = 0 ]
        [ "${first:=$output}" = "$output" ]
    done
    build again.img --dir small:/srv -- sample /srv/numbers
    cmp files.img again.img
    for image in files.img files.iso; do
        files $image -m 128 --firmware uefi --machine q35
        [ "$output" = "$first" ]
    done
    timeout 60 mewz-cc convert files.qcow2 -o converted.vmdk
    files converted.vmdk
    [ "$output" = "$first" ]
    timeout 60 mewz-cc inspect files.img | grep -Eq '^files +20004864 bytes, read from the drive$'
}

@test "trees: beside a disk, and a disk beside another one" {
    for disk in one two; do
        truncate -s 16M $disk.img
        mke2fs -q -F -t ext4 -b 4096 $disk.img
    done
    build disks.elf --dir part:/srv --disk disk0:/one --disk disk1:/two
    files disks.elf -m 128 --disk one.img:/one --disk two.img:/two -- write /one/file first
    [ "$output" = first ]
    files disks.elf -m 128 --disk one.img:/one --disk two.img:/two -- write /two/file second
    [ "$output" = second ]
    files disks.elf -m 128 --disk two.img:/one --disk one.img:/two -- cat /one/file
    [ "$output" = second ]
    files disks.elf -m 128 --disk two.img:/one --disk one.img:/two -- cat /srv/deep/small
    [ "$output" = small ]
}

@test "trees: without the drive, and with another one, a panic that says what to attach" {
    mkdir -p other
    head -c 20000000 /dev/zero | tr '\0' z >other/zeds
    build other.elf --dir other:/srv
    truncate -s 1M nothing.img
    head -c 1M kernel.elf >cut.img
    for drive in nothing.img other.elf cut.img; do
        machine $drive -kernel kernel.elf
        [[ $output == *"panic: files: no drive has the files of this kernel: give the machine its image"* ]]
    done
}

@test "trees: a drive that fails is EIO" {
    build failing.elf --dir part:/srv -- grow /srv/numbers
    position=$(grep -abo -m1 '^3000000$' failing.elf | cut -d: -f1)
    printf '[inject-error]\nevent = "read_aio"\nsector = "%s"\nerrno = "5"\n' $((position / 512)) >errors.conf
    machine blkdebug:errors.conf:failing.elf -kernel failing.elf
    [[ $output == *"/srv/numbers: I/O error"* ]]
    build failing.elf --dir part:/srv -- cat /srv/deep/small
    machine blkdebug:errors.conf:failing.elf -kernel failing.elf
    [[ $output == *small* ]]
}

# Between the two times that the folder is read comes the linker: here one that changes a file.
@test "trees: a file that changes while the image is made, by its length or not, is told" {
    mkdir -p changing bin
    timeout 60 mewz-cc compile "$ROOT/build/guests/files.wasm" -o files.o
    for change in 'printf X | dd of=changing/numbers conv=notrunc status=none; touch -d 2001-01-01 changing/numbers' \
        'echo more >>changing/numbers' 'cp spare changing/numbers'; do
        cp site/numbers changing/numbers
        cp site/numbers spare
        # shellcheck disable=SC2016
        printf '#!/bin/sh\n[ ! -e spare ] || { %s; rm spare; }\nexec %s "$@"\n' "$change" \
            "$(command -v ld.lld-19)" >bin/ld.lld-19
        chmod +x bin/ld.lld-19
        PATH=$PWD/bin:$PATH run timeout 60 mewz-cc build files.o -o changed.elf --dir changing:/srv
        [ "$status" = 1 ]
        [[ $output == *"changing/numbers: changed while it was read"* ]]
        [ ! -e changed.elf ]
    done
}

@test "trees: a program without files carries none of them" {
    timeout 60 mewz-cc build "$ROOT/build/guests/hello.wasm" -o hello.elf --dir part:/srv
    [ "$(stat -c %s hello.elf)" -lt $((1 << 20)) ]
    run timeout 60 mewz-cc run hello.elf
    [ "$status" = 0 ]
}
