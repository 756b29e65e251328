# The boot stubs: lib/boot/mbr.bin, cd.bin, bios.bin and esp.img, the EFI system partition with the EFI stub in it. They are the
# same in every image, so that making an image needs none of the tools below.

BOOT       = sdk/image/boot
BOOT_FLAGS = -std=gnu17 $(WARNINGS) -ffreestanding -fno-stack-protector -Oz -Isdk/include
BIOS_FLAGS = $(BOOT_FLAGS) -target i386-unknown-none-elf -march=i686 -mgeneral-regs-only -fno-pic \
             -fno-asynchronous-unwind-tables -fomit-frame-pointer
EFI_FLAGS  = $(BOOT_FLAGS) -target x86_64-unknown-windows -mno-red-zone -mgeneral-regs-only -fshort-wchar -mno-stack-arg-probe

# 128 KiB, FAT12. The label and the serial number, and the time of the files, are fixed: same sources, same bytes.
ESP_SECTORS = 256
ESP_TIME    = 946684800

define boot_object_rule
$(BUILD)/boot/$(1)/%.o: $(BOOT)/%.$(3) | packages
	@mkdir -p $$(@D)
	$(CC) $(2) -MMD -MP -c $$< -o $$@
endef
$(foreach kind,c S,$(eval $(call boot_object_rule,bios,$(BIOS_FLAGS),$(kind))))
$(foreach kind,c S,$(eval $(call boot_object_rule,efi,$(EFI_FLAGS),$(kind))))

lib/boot/mbr.bin lib/boot/cd.bin: lib/boot/%.bin: $(BUILD)/boot/bios/%.o
	@mkdir -p $(@D)
	ld.lld-19 -m elf_i386 --image-base=0 -Ttext=0x7c00 --oformat=binary $< -o $@

lib/boot/bios.bin: $(BUILD)/boot/bios/bios_start.o $(BUILD)/boot/bios/bios.o $(BOOT)/bios.ld
	@mkdir -p $(@D)
	ld.lld-19 -m elf_i386 -T $(BOOT)/bios.ld --oformat=binary $(filter %.o,$^) -o $@

# -nxcompat:no: the stub runs code that it has copied to memory of type EfiLoaderCode, which firmware may forbid to an
# image that claims to do without.
$(BUILD)/boot/efi/BOOTX64.EFI: $(BUILD)/boot/efi/efi.o $(BUILD)/boot/efi/efi_enter.o
	lld-link-19 -nxcompat:no -subsystem:efi_application -entry:efi_main -nodefaultlib -Brepro -out:$@ $^

lib/boot/esp.img: $(BUILD)/boot/efi/BOOTX64.EFI
	@mkdir -p $(@D)
	rm -f $@
	export SOURCE_DATE_EPOCH=$(ESP_TIME) TZ=UTC; \
	mformat -C -i $@ -T $(ESP_SECTORS) -h 16 -s 63 -c 1 -N 4d45575a -v MEWZ :: && \
	mmd -i $@ ::/EFI ::/EFI/BOOT && mcopy -i $@ $< ::/EFI/BOOT/BOOTX64.EFI

BOOT_FILES = lib/boot/mbr.bin lib/boot/cd.bin lib/boot/bios.bin lib/boot/esp.img

-include $(wildcard $(BUILD)/boot/*/*.d)
