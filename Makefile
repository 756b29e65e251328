# The Mewz SDK.
#
#   make          build into bin/ and lib/           make demo     the whole way once: wasm, image, machine
#   make check    set up, build and test everything  make bench    the figures, each beside its bar
#   make deps     install what is missing (root)     make install  PREFIX=/usr/local DESTDIR=
#   make format   lay the sources out                make check-format check-lint

CC       := clang-19
AR       := llvm-ar-19
LLVM     := llvm-config-19
BUILD    := build
VERSION  := 0.1.0
TARGETS  := x86_64-mewz x86_64-linux

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
CFLAGS   := -O2 -g

.PHONY: all clean check demo bench deps install format check-format check-lint
.DELETE_ON_ERROR:
all:

# --- host tools: every C file of sdk/ goes into mewz-cc ---

SDK_CFLAGS  = -std=gnu17 $(CFLAGS) $(WARNINGS) -Isdk -Isdk/include -D_GNU_SOURCE -DMEWZ_VERSION='"$(VERSION)"' \
              -isystem $(shell $(LLVM) --includedir)
SDK_SOURCES = $(wildcard sdk/base/*.c sdk/wasm/*.c sdk/llvm/*.c sdk/link/*.c sdk/image/*.c sdk/machine/*.c sdk/cc/*.c)
SDK_OBJECTS = $(SDK_SOURCES:%.c=$(BUILD)/%.o)
SDK_LIBS    = $(shell $(LLVM) --ldflags --libs --link-shared) -lpthread

$(BUILD)/sdk/%.o: sdk/%.c
	@mkdir -p $(@D)
	$(CC) $(SDK_CFLAGS) -MMD -MP -c $< -o $@

bin/mewz-cc: $(SDK_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(SDK_LIBS)

# --- the two systems that programs run on: lib/TARGET/libmewz.a and lib/TARGET/link.ld ---
#
# Freestanding, and without vector registers in the kernel, so that an interrupt has nothing to save.

FREESTANDING = -std=gnu17 $(CFLAGS) $(WARNINGS) -Isdk/include -Ikernel-src -ffreestanding -fno-stack-protector \
               -ffunction-sections -fdata-sections -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
               -fno-builtin-memset -fno-builtin-memcpy -mgeneral-regs-only -mno-red-zone
x86_64-mewz_CFLAGS  = $(FREESTANDING) -mcmodel=kernel -fno-pic
x86_64-linux_CFLAGS = $(FREESTANDING) -fpic -fvisibility=hidden

SHARED_SOURCES       = $(wildcard kernel-src/rt/*.[cS] kernel-src/wasi/*.[cS])
x86_64-mewz_SOURCES  = $(SHARED_SOURCES) $(wildcard kernel-src/*.[cS] kernel-src/arch/x86_64/*.[cS] kernel-src/mm/*.[cS] \
                       kernel-src/dev/*.[cS] kernel-src/hosts/mewz/*.[cS])
x86_64-linux_SOURCES = $(SHARED_SOURCES) $(wildcard kernel-src/hosts/linux/*.[cS])

define target_rules
$(1)_OBJECTS = $$(patsubst %,$(BUILD)/$(1)/%.o,$$(basename $$($(1)_SOURCES)))

$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(CC) $$($(1)_CFLAGS) -MMD -MP -c $$< -o $$@
$(BUILD)/$(1)/%.o: %.S
	@mkdir -p $$(@D)
	$(CC) $$($(1)_CFLAGS) -MMD -MP -c $$< -o $$@

lib/$(1)/libmewz.a: $$($(1)_OBJECTS)
	@mkdir -p $$(@D)
	rm -f $$@
	$(AR) rcsD $$@ $$^

-include $$($(1)_OBJECTS:.o=.d)
endef
$(foreach target,$(TARGETS),$(eval $(call target_rules,$(target))))

lib/x86_64-mewz/link.ld: kernel-src/arch/x86_64/link.ld
lib/x86_64-linux/link.ld: kernel-src/hosts/linux/link.ld
$(TARGETS:%=lib/%/link.ld):
	@mkdir -p $(@D)
	cp $< $@

all: bin/mewz-cc $(foreach target,$(TARGETS),lib/$(target)/libmewz.a lib/$(target)/link.ld)

clean:
	rm -rf $(BUILD) bin lib

-include $(SDK_OBJECTS:.o=.d)
