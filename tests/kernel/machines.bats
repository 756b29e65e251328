# Kinds of machines, amounts of memory, and ways to boot. QEMU is started by hand here: what counts is that any loader
# that follows PVH or Multiboot2 will do.
load ../lib/guests

# boots QEMU-OPTION...: the hello guest's output comes over the serial port where there is no virtio console.
boots() {
    run timeout 120 qemu-system-x86_64 -accel tcg -display none -nodefaults -no-user-config -no-reboot -serial stdio "$@" </dev/null
    echo "exit code $status: $output"
    [ "$status" = 0 ]
    [[ $output == *hello* ]]
}

kernel() {
    boots -kernel "$GUESTS/hello.elf" "$@"
}

@test "machine: pc" { kernel -M pc; }
@test "machine: q35" { kernel -M q35; }
@test "machine: microvm" { kernel -M microvm; }
@test "machine: microvm without ACPI" { kernel -M microvm,acpi=off; }
@test "machine: microvm without PIT, PIC and RTC" { kernel -M microvm,acpi=off,pit=off,pic=off,rtc=off; }
@test "processor: qemu64" { kernel -M pc -cpu qemu64; }
@test "processor: max" { kernel -M q35 -cpu max; }
@test "processors: four of them, of which one works" { kernel -M q35 -smp 4; }

@test "memory: 8 MiB" { kernel -M microvm,acpi=off -m 8; kernel -M pc -m 8; }
@test "memory: 1 GiB" { kernel -M pc -m 1G; }
@test "memory: 3 GiB" { kernel -M q35 -m 3G; }
@test "memory: 5 GiB" { kernel -M pc -m 5G; }
@test "memory: 64 GiB" {
    # The test machine need not have that much.
    local memory='memory-backend-ram,id=memory,size=64G,reserve=off'
    kernel -M q35,memory-backend=memory -m 64G -object $memory
    kernel -M microvm,acpi=off,memory-backend=memory -m 64G -object $memory
}

@test "memory that ends makes memory.grow fail, and what was granted is there" {
    for megabytes in 16 64 300; do
        timeout 120 mewz-cc run "$GUESTS/grows.elf" -m $megabytes >"$BATS_TEST_TMPDIR/out"
        local pages
        pages=$(od -An -tu4 "$BATS_TEST_TMPDIR/out")
        echo "$megabytes MiB: $((pages / 16)) MiB granted"
        [ $((pages / 16)) -le $megabytes ]
        [ $((pages / 16)) -ge $((megabytes * 3 / 4 - 4)) ]
    done
}

@test "a machine too small for the program says so" {
    guest needs64 -m 32
    [ "$status" = 134 ]
    [[ $stderr == "needs64.wasm: the program begins with 0x4000000 bytes of linear memory"* ]]
}

@test "Multiboot2: GRUB boots the kernel" {
    local dir=$BATS_TEST_TMPDIR/iso
    mkdir -p "$dir/boot/grub"
    cp "$GUESTS/hello.elf" "$dir/boot/hello.elf"
    printf 'serial\nterminal_output serial\nmultiboot2 /boot/hello.elf\nboot\n' >"$dir/boot/grub/grub.cfg"
    timeout 60 grub-mkrescue -d /usr/lib/grub/i386-pc --locales= --fonts= --themes= --install-modules='multiboot2 serial terminal normal iso9660' \
        -o "$BATS_TEST_TMPDIR/hello.iso" "$dir" 2>"$BATS_TEST_TMPDIR/log" || { cat "$BATS_TEST_TMPDIR/log"; false; }
    boots -M pc -cdrom "$BATS_TEST_TMPDIR/hello.iso"
}
