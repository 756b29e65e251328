/* prefetch.c: see prefetch.h. */
#include "llvm/prefetch.h"

#define MASK_LIMIT   4096u /* of what a ring has */
#define USE_LIMIT    64u   /* looked at for one exchange, */
#define DEPTH_LIMIT  10u   /* operations behind one another, */
#define TARGET_LIMIT 4u    /* and prefetches */
#define TERM_LIMIT   2u

/* The address of an access, the sum of an index that is made of the old value and of other numbers, behind a symbol.
 * Of these numbers it has those that are known when the value goes into the ring; an address nearby will do. */
struct target {
    LLVMValueRef index, terms[TERM_LIMIT];
    unsigned term_count;
    LLVMValueRef symbol, offset; /* no offset: NULL */
};

/* A slot of a ring that is loaded and stored in one block. */
struct exchange {
    LLVMBasicBlockRef block;
    LLVMValueRef load, store;
    struct target targets[TARGET_LIMIT];
    unsigned target_count, use_count;
    bool is_update; /* the value that is stored is made of the one that is loaded */
};

static bool is_operation(LLVMValueRef value, LLVMOpcode opcode)
{
    return LLVMIsAInstruction(value) && LLVMGetInstructionOpcode(value) == opcode;
}

/* A pointer and a number of bytes. */
static bool is_byte_address(LLVMValueRef value)
{
    LLVMTypeRef type;

    if (!is_operation(value, LLVMGetElementPtr) || LLVMGetNumOperands(value) != 2)
        return false;
    type = LLVMGetGEPSourceElementType(value);
    return LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 8;
}

static bool has_symbol(LLVMValueRef value)
{
    return is_byte_address(value) && LLVMIsAConstant(LLVMGetOperand(value, 0));
}

static bool has_offset(LLVMValueRef value)
{
    return is_byte_address(value) && LLVMIsAConstantInt(LLVMGetOperand(value, 1));
}

/* The number in the address of an access to linear memory, beside its symbol and offset; NULL if there is none. */
static LLVMValueRef find_address(LLVMValueRef pointer)
{
    if (has_offset(pointer))
        pointer = LLVMGetOperand(pointer, 0);
    if (!has_symbol(pointer))
        return NULL;
    pointer = LLVMGetOperand(pointer, 1);
    return is_operation(pointer, LLVMZExt) ? LLVMGetOperand(pointer, 0) : NULL;
}

static bool is_masked(LLVMValueRef index)
{
    LLVMValueRef mask;

    if (is_operation(index, LLVMShl))
        index = LLVMGetOperand(index, 0);
    if (!is_operation(index, LLVMAnd))
        return false;
    mask = LLVMGetOperand(index, 1);
    return LLVMIsAConstantInt(mask) && LLVMConstIntGetZExtValue(mask) < MASK_LIMIT;
}

static bool is_slot_of_ring(LLVMValueRef pointer)
{
    LLVMValueRef address = find_address(pointer);

    if (address && is_operation(address, LLVMAdd))
        return is_masked(LLVMGetOperand(address, 0)) || is_masked(LLVMGetOperand(address, 1));
    return address && is_masked(address);
}

static bool is_in(LLVMBasicBlockRef block, LLVMValueRef value)
{
    return LLVMIsAInstruction(value) && LLVMGetInstructionParent(value) == block;
}

/* The load of what the store replaces, in the same block; NULL if there is none. */
static LLVMValueRef find_load(const struct exchange *exchange)
{
    LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(exchange->store, 0));
    LLVMUseRef use = LLVMGetFirstUse(LLVMGetOperand(exchange->store, 1));

    for (unsigned i = 0; use && i < USE_LIMIT; use = LLVMGetNextUse(use), i++) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsALoadInst(user) && LLVMTypeOf(user) == type && is_in(exchange->block, user))
            return user;
    }
    return NULL;
}

static LLVMUseRef next_use(struct exchange *exchange, LLVMUseRef use)
{
    return exchange->use_count++ < USE_LIMIT ? LLVMGetNextUse(use) : NULL;
}

/* Whether something is loaded or stored there. Sets the target's offset, if there is one. */
static bool find_access(struct exchange *exchange, LLVMValueRef pointer, struct target *target)
{
    for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = next_use(exchange, use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (LLVMIsALoadInst(user) || (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == pointer))
            return true;
        if (has_offset(user) && !target->offset) {
            target->offset = LLVMGetOperand(user, 1);
            if (find_access(exchange, user, target))
                return true;
            target->offset = NULL;
        }
    }
    return false;
}

/* A variable that comes from another block than a sum in the exchange's block is known at the exchange, too. */
static bool is_known(const struct exchange *exchange, LLVMValueRef sum, LLVMValueRef term)
{
    return is_in(exchange->block, sum) && !is_in(exchange->block, term) && !LLVMIsAConstant(term);
}

static bool find_access_by(struct exchange *exchange, LLVMValueRef value, struct target *target, unsigned depth);

static bool is_sum(LLVMValueRef user, const struct target *target)
{
    return is_operation(user, LLVMAdd) && LLVMTypeOf(user) == LLVMTypeOf(target->index);
}

/* The value is part of the sum. */
static bool find_access_by_sum(struct exchange *exchange, LLVMValueRef value, LLVMValueRef sum, struct target *target,
                               unsigned depth)
{
    LLVMValueRef term = LLVMGetOperand(sum, LLVMGetOperand(sum, 0) == value);
    unsigned count = target->term_count;

    if (count < TERM_LIMIT && is_known(exchange, sum, term))
        target->terms[target->term_count++] = term;
    if (find_access_by(exchange, sum, target, depth))
        return true;
    target->term_count = count;
    return false;
}

/* Whether the value is part of an access's address of which enough is known. Completes the target. */
static bool find_access_by(struct exchange *exchange, LLVMValueRef value, struct target *target, unsigned depth)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use && depth > 0; use = next_use(exchange, use)) {
        LLVMValueRef user = LLVMGetUser(use);

        if (is_sum(user, target) && find_access_by_sum(exchange, value, user, target, depth - 1))
            return true;
        if (is_operation(user, LLVMZExt) && find_access_by(exchange, user, target, depth - 1))
            return true;
        if (has_symbol(user)) {
            target->symbol = LLVMGetOperand(user, 0);
            if (target->term_count > 0 && find_access(exchange, user, target))
                return true;
        }
    }
    return false;
}

static bool is_scaling(LLVMValueRef user, LLVMValueRef value)
{
    switch (LLVMGetInstructionOpcode(user)) {
    case LLVMAdd:
    case LLVMAnd:
    case LLVMLShr:
    case LLVMMul:
    case LLVMShl:
        return LLVMGetOperand(user, 0) == value && LLVMIsAConstantInt(LLVMGetOperand(user, 1));
    default:
        return false;
    }
}

/* `index` is what is loaded, or made of it. */
static void find_targets(struct exchange *exchange, LLVMValueRef index, unsigned depth)
{
    for (LLVMUseRef use = LLVMGetFirstUse(index); use && depth > 0; use = next_use(exchange, use)) {
        LLVMValueRef user = LLVMGetUser(use);
        struct target target = {.index = index};

        if (user == LLVMGetOperand(exchange->store, 0))
            exchange->is_update = true;
        else if (is_scaling(user, index))
            find_targets(exchange, user, depth - 1);
        else if (is_sum(user, &target) && find_access_by_sum(exchange, index, user, &target, depth - 1) &&
                 exchange->target_count < TARGET_LIMIT)
            exchange->targets[exchange->target_count++] = target;
    }
}

/* The index made of the new value as `index` is of the old one. */
static LLVMValueRef build_index(struct unit *unit, const struct exchange *exchange, LLVMValueRef index)
{
    LLVMValueRef operand;

    if (index == exchange->load)
        return LLVMGetOperand(exchange->store, 0);
    operand = build_index(unit, exchange, LLVMGetOperand(index, 0));
    return LLVMBuildBinOp(unit->builder, LLVMGetInstructionOpcode(index), operand, LLVMGetOperand(index, 1), "");
}

static void build_prefetch(struct unit *unit, const struct exchange *exchange, const struct target *target)
{
    enum { READ = 0, KEEP = 3, DATA = 1 };
    LLVMValueRef pointer, address = build_index(unit, exchange, target->index);

    for (unsigned i = 0; i < target->term_count; i++)
        address = LLVMBuildAdd(unit->builder, address, target->terms[i], "");
    address = LLVMBuildZExt(unit->builder, address, unit->i64, "");
    pointer = LLVMBuildGEP2(unit->builder, unit->i8, target->symbol, &address, 1, "");
    if (target->offset)
        pointer = LLVMBuildGEP2(unit->builder, unit->i8, pointer, (LLVMValueRef[]){target->offset}, 1, "");
    unit_call_intrinsic(unit, "llvm.prefetch", &unit->ptr, 1,
                        (LLVMValueRef[]){pointer, unit_i32(unit, READ), unit_i32(unit, KEEP), unit_i32(unit, DATA)}, 4);
}

static void prefetch_behind(struct unit *unit, LLVMValueRef store)
{
    struct exchange exchange = {.block = LLVMGetInstructionParent(store), .store = store};

    if (LLVMTypeOf(LLVMGetOperand(store, 0)) != unit->i32 || !is_slot_of_ring(LLVMGetOperand(store, 1)))
        return;
    exchange.load = find_load(&exchange);
    if (!exchange.load)
        return;
    find_targets(&exchange, exchange.load, DEPTH_LIMIT);
    if (exchange.is_update)
        return;
    LLVMPositionBuilderBefore(unit->builder, LLVMGetNextInstruction(store));
    LLVMSetCurrentDebugLocation2(unit->builder, LLVMInstructionGetDebugLoc(store));
    for (unsigned i = 0; i < exchange.target_count; i++)
        build_prefetch(unit, &exchange, &exchange.targets[i]);
}

void prefetch_delayed(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
                if (LLVMIsAStoreInst(i))
                    prefetch_behind(unit, i);
}
