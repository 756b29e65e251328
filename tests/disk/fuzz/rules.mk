# Targets for libFuzzer: the file systems in a process, with a program, a server and a disk that do whatever they like.

FILE_FUZZERS     = $(addprefix $(BUILD)/disk/fuzz_,memory fuse disk drive)
FILE_FUZZ_CFLAGS = -std=gnu17 -g -O1 $(WARNINGS) -D_GNU_SOURCE -Ikernel-src -Isdk/include -Itests/disk/fuzz -Itests/unit -MMD -MP \
                   -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function -fno-sanitize-recover=all

FILE_FUZZ_memory = fs/memory fs/memory_folder fs/memory_pages fs/tree fs/vfs fs/walk mm/heap
FILE_FUZZ_fuse   = fs/fuse fs/fuse_client fs/fuse_contents fs/page_cache fs/vfs fs/walk mm/heap
FILE_FUZZ_disk   = $(patsubst kernel-src/%.c,%,$(filter-out %/port.c,$(wildcard kernel-src/ext4/*.c))) fs/cache fs/page_cache fs/vfs fs/walk mm/heap
FILE_FUZZ_drive  = dev/block fs/cache fs/page_cache

# A mounted file system stays for the life of a kernel, of which one process has many here: disk.c has the library's memory.
FILE_FUZZ_MEMORY = $(foreach function,malloc calloc realloc free,-D$(function)=library_$(function))

$(BUILD)/disk/fuzzed/ext4/%.o: kernel-src/ext4/%.c $(EXT2FS)/unpacked
	@mkdir -p $(@D)
	$(CC) $(FILE_FUZZ_CFLAGS) $(FILE_FUZZ_MEMORY) $(EXT2FS_INCLUDE) -c $< -o $@
$(BUILD)/disk/fuzzed/ext2fs/%.o: $(EXT2FS)/unpacked
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 -w -fsanitize=fuzzer-no-link,address -ffunction-sections -fdata-sections $(FILE_FUZZ_MEMORY) \
	    $(EXT2FS_INCLUDE) -c $(EXT2FS)/lib/ext2fs/$*.c -o $@
$(BUILD)/disk/fuzzed/%.o: kernel-src/%.c
	@mkdir -p $(@D)
	$(CC) $(FILE_FUZZ_CFLAGS) -c $< -o $@
$(BUILD)/disk/fuzzed/%.o: tests/disk/fuzz/%.c
	@mkdir -p $(@D)
	$(CC) $(FILE_FUZZ_CFLAGS) -c $< -o $@

.SECONDEXPANSION:
$(FILE_FUZZERS): $(BUILD)/disk/fuzz_%: $(BUILD)/disk/fuzzed/%.o $$(addprefix $(BUILD)/disk/fuzzed/,$$(addsuffix .o,$$(FILE_FUZZ_$$*))) \
    $$(if $$(filter disk,$$*),$(EXT2FS_SOURCES:%=$(BUILD)/disk/fuzzed/ext2fs/%.o))
	$(CC) -fsanitize=fuzzer,address,undefined -fuse-ld=lld -Wl,--gc-sections -o $@ $^
-include $(wildcard $(BUILD)/disk/fuzzed/*.d $(BUILD)/disk/fuzzed/*/*.d)

# A small disk without checksums, so that what is changed is looked at.
$(BUILD)/disk/fuzz.img:
	@mkdir -p $(@D)
	rm -f $@
	truncate -s 8M $@
	E2FSPROGS_FAKE_TIME=1700000000 PATH=$$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -b 4096 -N 64 -O "^metadata_csum" \
	    -U 00000000-0000-4000-8000-000000000001 -E hash_seed=00000000-0000-4000-8000-000000000001 $@

.PHONY: fuzz-memory fuzz-fuse fuzz-disk fuzz-drive
fuzz-memory fuzz-fuse fuzz-disk fuzz-drive: fuzz-%: $(BUILD)/disk/fuzz_% $(BUILD)/disk/fuzz.img
	@mkdir -p $(BUILD)/disk/corpus_$*
	FUZZ_DISK=$(BUILD)/disk/fuzz.img $< -max_total_time=$(FUZZ_SECONDS) -len_control=0 -max_len=2048 -timeout=20 \
	    -artifact_prefix=$(BUILD)/disk/ $(BUILD)/disk/corpus_$*
