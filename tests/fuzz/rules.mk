# Fuzzing: libFuzzer's targets, against all of sdk/ with its instrumentation; `make check` runs a little of it.

SUITES      += fuzz
FUZZ_CFLAGS  = $(filter-out -O2,$(SDK_CFLAGS)) -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_WASM    = $(patsubst %.c,$(BUILD)/fuzzed/%.o,$(wildcard sdk/base/*.c sdk/wasm/*.c))
FUZZ_DEBUG   = $(patsubst %,$(BUILD)/fuzzed/sdk/llvm/%.o,source source_dies die die_units die_list source_files source_units \
                 line_program dwarf)
FUZZ_LLVM    = $(patsubst %.c,$(BUILD)/fuzzed/%.o,$(LLVM_SOURCES))

# For as long as this says, each; what is found lies in build/fuzz/found, what was learnt in build/fuzz/corpus.
FUZZ_SECONDS ?= 3600

.PHONY: check-fuzz fuzz
check-fuzz: all $(BUILD)/fuzz/validate $(BUILD)/fuzz/debug
check-all: $(BUILD)/fuzz/validate $(BUILD)/fuzz/debug
fuzz: all $(BUILD)/fuzz/validate $(BUILD)/fuzz/debug $(BUILD)/fuzz/compile
	tests/fuzz/fuzz.sh $(FUZZ_SECONDS)

$(BUILD)/fuzzed/%.o: %.c | packages
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/fuzz/validate: tests/fuzz/validate.c $(FUZZ_WASM)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(SDK_LIBS)
$(BUILD)/fuzz/debug: tests/fuzz/debug.c $(FUZZ_WASM) $(FUZZ_DEBUG)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(SDK_LIBS)
$(BUILD)/fuzz/compile: tests/fuzz/compile.c $(FUZZ_WASM) $(FUZZ_LLVM)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LLVM_LIBS) $(SDK_LIBS)

-include $(FUZZ_WASM:.o=.d) $(FUZZ_LLVM:.o=.d)
