#include "llvm/disassemble.h"

#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <string.h>

static const char *name_target(void *context, uint64_t value, uint64_t *reference_type, uint64_t address,
                               const char **reference_name)
{
    const struct disassembly *disassembly = context;
    bool is_branch = *reference_type == LLVMDisassembler_ReferenceType_In_Branch;

    (void)address;
    *reference_type = LLVMDisassembler_ReferenceType_InOut_None;
    *reference_name = NULL;
    return is_branch ? disassembly->name(disassembly->context, value) : NULL;
}

static int disassemble_with(LLVMDisasmContextRef disassembler, const struct disassembly *disassembly, struct err *err)
{
    char text[1024];
    size_t size;

    for (size_t at = 0; at < disassembly->size; at += size) {
        size = LLVMDisasmInstruction(disassembler, (uint8_t *)disassembly->code + at, disassembly->size - at, at, text,
                                     sizeof(text));
        if (size == 0)
            return err_set(err, "no x86-64 instruction 0x%zx bytes into the code", at);
        disassembly->instruction(disassembly->context, at, text + strspn(text, "\t"));
    }
    return 0;
}

int llvm_disassemble(const struct disassembly *disassembly, struct err *err)
{
    LLVMDisasmContextRef disassembler;
    int result;

    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    disassembler = LLVMCreateDisasm("x86_64-unknown-none-elf", (void *)disassembly, 0, NULL, name_target);
    if (!disassembler)
        return err_set(err, "LLVM has no disassembler for x86-64");
    LLVMSetDisasmOptions(disassembler, LLVMDisassembler_Option_PrintImmHex);
    result = disassemble_with(disassembler, disassembly, err);
    LLVMDisasmDispose(disassembler);
    return result;
}
