/* lower_memory.c: linear memory (core specification, section 4.4.7).
 *
 * An access is one instruction: the address of memory 0, a constant of the linker's, is its displacement. What lies out
 * of bounds faults (abi.h, MEWZ_MEMORY_RESERVE). The addresses of further memories are loaded. */
#include <mewz/abi.h>

#include "llvm/keep.h"
#include "llvm/lower.h"
#include "llvm/symbols.h"

static bool is_64(const struct lower *l, uint32_t memory)
{
    return l->wasm->memories[memory].limits.is_64;
}

/* `index` is an i32 or an i64. */
static LLVMValueRef build_address(struct lower *l, uint32_t memory, LLVMValueRef index, uint64_t offset)
{
    LLVMValueRef constant = unit_i64(l->unit, offset), address;

    if (LLVMTypeOf(index) == l->unit->i32)
        index = lower_widen(l, index);
    address = LLVMBuildGEP2(l->builder, l->unit->i8, unit_memory_base(l->unit, memory), &index, 1, "");
    return offset ? LLVMBuildGEP2(l->builder, l->unit->i8, address, &constant, 1, "") : address;
}

/* Memories of 64-bit addresses are not larger than others (supported.c), so that an address of 32 bits together with
 * an offset of 32 bits stays inside the reserve; any other is out of bounds. */
static LLVMValueRef build_access(struct lower *l, const struct wasm_instr *instr, LLVMValueRef index)
{
    uint64_t offset = instr->mem.offset, most = offset > UINT32_MAX ? 0 : UINT32_MAX;
    LLVMIntPredicate predicate = offset > UINT32_MAX ? LLVMIntUGE : LLVMIntUGT;

    if (is_64(l, instr->mem.memory))
        trap_if(l, LLVMBuildICmp(l->builder, predicate, index, unit_i64(l->unit, most), ""), MEWZ_TRAP_MEMORY);
    return build_address(l, instr->mem.memory, index, offset);
}

/* The integer type of an access of 1 << log2 bytes. */
static LLVMTypeRef access_type(struct lower *l, unsigned log2)
{
    return LLVMIntTypeInContext(l->unit->context, 8u << log2);
}

static bool is_narrow(LLVMTypeRef type, LLVMTypeRef access)
{
    return LLVMGetTypeKind(type) == LLVMIntegerTypeKind && type != access;
}

/* A load must trap even if nobody uses its value (keep.h): without the optimiser, volatile does it. The alignment in
 * the module is a hint that need not be true. */
LLVMValueRef lower_load_from(struct lower *l, const struct wasm_instr *instr, LLVMValueRef index, LLVMTypeRef type)
{
    LLVMValueRef value = LLVMBuildLoad2(l->builder, type, build_access(l, instr, index), "");

    LLVMSetAlignment(value, 1);
    lower_locate(l, value);
    if (l->unit->options->optimise > 0)
        keep_anchor_load(l->unit, value);
    else
        LLVMSetVolatile(value, true);
    return value;
}

void lower_store_to(struct lower *l, const struct wasm_instr *instr, LLVMValueRef index, LLVMValueRef value)
{
    LLVMValueRef store = LLVMBuildStore(l->builder, value, build_access(l, instr, index));

    LLVMSetAlignment(store, 1);
    lower_locate(l, store);
}

void lower_load(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    const struct wasm_op_info *info = &wasm_op_info[instr->op];
    LLVMTypeRef type = unit_letter_type(l->unit, info->signature[2]), access = access_type(l, info->access);
    bool narrow = is_narrow(type, access);
    LLVMValueRef value = lower_load_from(l, instr, stack_pop(l), narrow ? access : type);

    if (narrow)
        value = LLVMBuildIntCast2(l->builder, value, type, argument == SIGNED, "");
    stack_push(l, value);
}

void lower_store(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef access = access_type(l, wasm_op_info[instr->op].access);
    LLVMValueRef value = stack_pop(l), index = stack_pop(l);

    (void)argument;
    if (is_narrow(LLVMTypeOf(value), access))
        value = LLVMBuildTrunc(l->builder, value, access, "");
    lower_store_to(l, instr, index, value);
}

static LLVMValueRef load_pages(struct lower *l, uint32_t memory)
{
    return LLVMBuildLoad2(l->builder, l->unit->i64, unit_memory_pages(l->unit, memory), "");
}

static LLVMValueRef load_size(struct lower *l, uint32_t memory)
{
    return LLVMBuildMul(l->builder, load_pages(l, memory), unit_i64(l->unit, MEWZ_PAGE_SIZE), "");
}

/* A number of pages, or -1, as the instruction leaves it. */
static void push_pages(struct lower *l, uint32_t memory, LLVMValueRef pages)
{
    stack_push(l, is_64(l, memory) ? pages : LLVMBuildTrunc(l->builder, pages, l->unit->i32, ""));
}

void lower_memory_size(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    push_pages(l, instr->index, load_pages(l, instr->index));
}

/* UINT64_MAX, the failure, becomes -1. */
void lower_memory_grow(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef params[] = {l->unit->ptr, l->unit->i64}, type = LLVMFunctionType(l->unit->i64, params, 2, false);
    LLVMValueRef record = unit_memory_record(l->unit, instr->index);
    LLVMValueRef args[] = {record, lower_widen(l, stack_pop(l))};
    LLVMValueRef grow = unit_contract_func(l->unit, "mewz_memory_grow", type);
    LLVMValueRef call = LLVMBuildCall2(l->builder, type, grow, args, 2, "");

    (void)argument;
    lower_locate(l, call);
    push_pages(l, instr->index, call);
}

/* The bulk instructions check their whole range first, so that nothing is written before a trap. */
void lower_memory_init(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = lower_widen(l, stack_pop(l)), from = lower_widen(l, stack_pop(l));
    LLVMValueRef to = lower_widen(l, stack_pop(l)), source;
    LLVMValueRef size = LLVMBuildLoad2(l->builder, l->unit->i32, unit_data_size(l->unit, instr->index), "");

    (void)argument;
    trap_unless_inside(l, from, count, lower_widen(l, size), MEWZ_TRAP_MEMORY);
    trap_unless_inside(l, to, count, load_size(l, instr->index2), MEWZ_TRAP_MEMORY);
    source = LLVMBuildGEP2(l->builder, l->unit->i8, unit_data(l->unit, instr->index), &from, 1, "");
    lower_locate(l, LLVMBuildMemCpy(l->builder, build_address(l, instr->index2, to, 0), 1, source, 1, count));
}

void lower_data_drop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    if (l->unit->plan->data_is_used[instr->index])
        LLVMBuildStore(l->builder, unit_i32(l->unit, 0), unit_data_size(l->unit, instr->index));
}

void lower_memory_copy(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = lower_widen(l, stack_pop(l)), from = lower_widen(l, stack_pop(l));
    LLVMValueRef to = lower_widen(l, stack_pop(l)), source, target;

    (void)argument;
    trap_unless_inside(l, from, count, load_size(l, instr->index2), MEWZ_TRAP_MEMORY);
    trap_unless_inside(l, to, count, load_size(l, instr->index), MEWZ_TRAP_MEMORY);
    source = build_address(l, instr->index2, from, 0);
    target = build_address(l, instr->index, to, 0);
    lower_locate(l, LLVMBuildMemMove(l->builder, target, 1, source, 1, count));
}

void lower_memory_fill(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = lower_widen(l, stack_pop(l));
    LLVMValueRef byte = LLVMBuildTrunc(l->builder, stack_pop(l), l->unit->i8, "");
    LLVMValueRef to = lower_widen(l, stack_pop(l));

    (void)argument;
    trap_unless_inside(l, to, count, load_size(l, instr->index), MEWZ_TRAP_MEMORY);
    lower_locate(l, LLVMBuildMemSet(l->builder, build_address(l, instr->index, to, 0), byte, count, 1));
}
