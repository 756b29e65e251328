/* lower_exception.c: exceptions (core specification 3.0, section 4.6.10), and their older form.
 *
 * Code in which exceptions have handlers is a region. A call there is LLVM's invoke, which goes on either behind the
 * call or in the region's landing pad. That leads to the region's dispatch, where the clauses are asked one after the
 * other; an exception that none of them takes goes to the dispatch of the region around. The landing pad lists the
 * clauses of all regions around it, so that the thrower comes here only with an exception that somebody here takes. */
#include <mewz/abi.h>

#include "llvm/lower.h"
#include "llvm/symbols.h"

/* Takes exceptions of one tag, or all of them. */
struct clause {
    uint32_t tag; /* or WASM_NO_INDEX */
    LLVMBasicBlockRef block;
    struct clause *next;
};

struct try_region {
    struct try_region *outer;
    struct clause *clauses, **last_clause;
    uint32_t catch_count, catches_at; /* of a try_table */
    LLVMValueRef landing_pad;         /* NULL while nothing in the region can throw, as in the following ones */
    LLVMBasicBlockRef dispatch;
    LLVMValueRef exception, selector; /* there */
    struct try_region *next;          /* in the function's list of those with a landing pad */
};

/* --- regions --- */

static struct try_region *begin_region(struct lower *l, enum control_kind kind, const struct wasm_instr *instr)
{
    struct control *control = control_begin(l, kind, instr->block);
    struct try_region *region = arena_array(&l->arena, 1, sizeof(*region));

    region->outer = control->region;
    region->last_clause = &region->clauses;
    control->region = control->own_region = region;
    return region;
}

static void add_clause(struct lower *l, struct try_region *region, uint32_t tag, LLVMBasicBlockRef block)
{
    struct clause *clause = arena_array(&l->arena, 1, sizeof(*clause));

    *clause = (struct clause){.tag = tag, .block = block};
    *region->last_clause = clause;
    region->last_clause = &clause->next;
}

static void make_dispatch(struct lower *l, struct try_region *region)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);

    if (region->dispatch)
        return;
    region->dispatch = lower_new_block(l);
    LLVMPositionBuilderAtEnd(l->builder, region->dispatch);
    region->exception = LLVMBuildPhi(l->builder, l->unit->ptr, "");
    region->selector = LLVMBuildPhi(l->builder, l->unit->i32, "");
    LLVMPositionBuilderAtEnd(l->builder, back);
}

/* Goes from the current block to the region's dispatch. */
static void enter_dispatch(struct lower *l, struct try_region *region, LLVMValueRef exception, LLVMValueRef selector)
{
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);

    make_dispatch(l, region);
    LLVMAddIncoming(region->exception, &exception, &from, 1);
    LLVMAddIncoming(region->selector, &selector, &from, 1);
    LLVMBuildBr(l->builder, region->dispatch);
}

static LLVMValueRef throw_func(struct lower *l)
{
    return unit_contract_func(l->unit, "mewz_throw", LLVMFunctionType(l->unit->void_type, &l->unit->ptr, 1, false));
}

/* Makes the stack pointer again what it was where the function begins. */
static void restore_stack(struct lower *l)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);

    if (!l->stack_pointer) {
        LLVMPositionBuilderAtEnd(l->builder, l->entry);
        l->stack_pointer = unit_call_intrinsic(l->unit, "llvm.stacksave", &l->unit->ptr, 1, NULL, 0);
        LLVMPositionBuilderAtEnd(l->builder, back);
    }
    unit_call_intrinsic(l->unit, "llvm.stackrestore", &l->unit->ptr, 1, &l->stack_pointer, 1);
}

/* The block to which calls in the region throw. Its clauses come when all are known. Nobody calls the personality,
 * which LLVM wants a function to have; it says whose table of handlers this is. */
static LLVMBasicBlockRef landing_block(struct lower *l, struct try_region *region)
{
    LLVMTypeRef type = LLVMStructTypeInContext(l->unit->context, (LLVMTypeRef[]){l->unit->ptr, l->unit->i32}, 2, false);
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder), block;

    if (region->landing_pad)
        return LLVMGetInstructionParent(region->landing_pad);
    block = lower_new_block(l);
    LLVMPositionBuilderAtEnd(l->builder, block);
    region->landing_pad = LLVMBuildLandingPad(l->builder, type, throw_func(l), 0, "");
    region->next = l->landings;
    l->landings = region;
    if (unit_moves_stack(l->unit))
        restore_stack(l);
    enter_dispatch(l, region, LLVMBuildExtractValue(l->builder, region->landing_pad, 0, ""),
                   LLVMBuildExtractValue(l->builder, region->landing_pad, 1, ""));
    LLVMPositionBuilderAtEnd(l->builder, back);
    return block;
}

LLVMValueRef lower_build_call(struct lower *l, LLVMTypeRef type, LLVMValueRef callee, LLVMValueRef *args,
                              unsigned count)
{
    struct try_region *region = control_at(l, 0)->region;
    LLVMBasicBlockRef next;
    LLVMValueRef call;

    if (!region || unit_cannot_throw(callee)) {
        call = LLVMBuildCall2(l->builder, type, callee, args, count, "");
    } else {
        next = lower_new_block(l);
        call = LLVMBuildInvoke2(l->builder, type, callee, args, count, next, landing_block(l, region), "");
        LLVMPositionBuilderAtEnd(l->builder, next);
    }
    lower_locate(l, call);
    return call;
}

/* --- what an exception carries --- */

/* struct mewz_exception with the values of a tag (abi.h). */
static LLVMTypeRef exception_type(struct lower *l, uint32_t tag)
{
    const struct wasm_functype *type = &l->wasm->types[l->wasm->tags[tag].type];
    LLVMTypeRef *members = arena_array(&l->arena, (size_t)type->param_count + 2, sizeof(*members));

    members[0] = l->unit->ptr;
    members[1] = l->unit->i64;
    for (uint32_t i = 0; i < type->param_count; i++)
        members[2 + i] = unit_valtype(l->unit, type->params[i]);
    return LLVMStructTypeInContext(l->unit->context, members, type->param_count + 2, false);
}

static LLVMValueRef value_place(struct lower *l, LLVMTypeRef type, LLVMValueRef exception, uint32_t index)
{
    return LLVMBuildStructGEP2(l->builder, type, exception, 2 + index, "");
}

static void push_carried(struct lower *l, uint32_t tag, LLVMValueRef exception)
{
    LLVMTypeRef type = exception_type(l, tag);
    unsigned count = LLVMCountStructElementTypes(type) - 2;

    for (unsigned i = 0; i < count; i++)
        stack_push(l, LLVMBuildLoad2(l->builder, LLVMStructGetTypeAtIndex(type, 2 + i),
                                     value_place(l, type, exception, i), ""));
}

/* Makes an exception of the values on top of the stack. */
static LLVMValueRef pop_carried(struct lower *l, uint32_t tag)
{
    LLVMTypeRef type = exception_type(l, tag);
    unsigned count = LLVMCountStructElementTypes(type) - 2;
    LLVMValueRef size = LLVMConstSub(LLVMSizeOf(type), unit_i64(l->unit, sizeof(struct mewz_exception)));
    LLVMTypeRef new_type = LLVMFunctionType(l->unit->ptr, (LLVMTypeRef[]){l->unit->ptr, l->unit->i64}, 2, false);
    LLVMValueRef new_func = unit_contract_func(l->unit, "mewz_exception_new", new_type);
    LLVMValueRef exception =
        LLVMBuildCall2(l->builder, new_type, new_func, (LLVMValueRef[]){unit_tag(l->unit, tag), size}, 2, "");

    lower_locate(l, exception);
    l->value_count -= count;
    for (unsigned i = 0; i < count; i++)
        LLVMBuildStore(l->builder, l->values[l->value_count + i], value_place(l, type, exception, i));
    return exception;
}

static void build_throw(struct lower *l, LLVMValueRef exception)
{
    LLVMValueRef func = throw_func(l);

    unit_mark_cold(l->unit, lower_build_call(l, LLVMGlobalGetValueType(func), func, &exception, 1));
    LLVMBuildUnreachable(l->builder);
    l->is_dead = true;
}

/* --- the end of a region --- */

/* A clause's code in a try_table: a branch to its label with what the exception carries, and the exception itself. */
static void build_branch(struct lower *l, struct try_region *region, const struct wasm_catch *clause)
{
    size_t height = l->value_count;
    bool has_tag = clause->kind <= WASM_CATCH_REF;

    LLVMPositionBuilderAtEnd(l->builder, lower_new_block(l));
    add_clause(l, region, has_tag ? clause->tag : WASM_NO_INDEX, LLVMGetInsertBlock(l->builder));
    if (has_tag)
        push_carried(l, clause->tag, region->exception);
    if (clause->kind == WASM_CATCH_REF || clause->kind == WASM_CATCH_ALL_REF)
        stack_push(l, region->exception);
    LLVMBuildBr(l->builder, control_enter(l, control_at(l, clause->label + 1)));
    l->value_count = height;
}

/* Whether an exception that arrived at the region's dispatch has the clause's tag. */
static LLVMValueRef is_taken(struct lower *l, const struct try_region *region, uint32_t tag)
{
    LLVMValueRef variable = unit_tag(l->unit, tag);
    LLVMValueRef id = unit_call_intrinsic(l->unit, "llvm.eh.typeid.for", &l->unit->ptr, 1, &variable, 1);

    return LLVMBuildICmp(l->builder, LLVMIntEQ, region->selector, id, "");
}

/* Nothing arrives that no region takes; what says so here is `resume`, for which a function that is inlined needs it.
 */
static void build_dispatch(struct lower *l, struct try_region *region)
{
    LLVMValueRef landing;

    LLVMPositionBuilderAtEnd(l->builder, region->dispatch);
    for (const struct clause *clause = region->clauses; clause; clause = clause->next) {
        LLVMBasicBlockRef next;

        if (clause->tag == WASM_NO_INDEX) {
            LLVMBuildBr(l->builder, clause->block);
            return;
        }
        next = lower_new_block(l);
        LLVMBuildCondBr(l->builder, is_taken(l, region, clause->tag), clause->block, next);
        LLVMPositionBuilderAtEnd(l->builder, next);
    }
    if (region->outer) {
        enter_dispatch(l, region->outer, region->exception, region->selector);
        return;
    }
    landing =
        LLVMGetUndef(LLVMStructTypeInContext(l->unit->context, (LLVMTypeRef[]){l->unit->ptr, l->unit->i32}, 2, false));
    landing = LLVMBuildInsertValue(l->builder, landing, region->exception, 0, "");
    LLVMBuildResume(l->builder, LLVMBuildInsertValue(l->builder, landing, region->selector, 1, ""));
}

void exception_end_region(struct lower *l, struct try_region *region)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);
    struct wasm_reader reader = {.module = l->wasm->bytes, .offset = region->catches_at, .end = l->wasm->size};

    if (!region->dispatch)
        return;
    for (uint32_t i = 0; i < region->catch_count; i++) {
        struct wasm_catch clause = wasm_read_catch(&reader);

        build_branch(l, region, &clause);
    }
    build_dispatch(l, region);
    LLVMPositionBuilderAtEnd(l->builder, back);
}

static void list_clauses(struct lower *l, const struct try_region *region, LLVMValueRef landing_pad)
{
    for (; region; region = region->outer) {
        for (const struct clause *clause = region->clauses; clause; clause = clause->next) {
            if (clause->tag == WASM_NO_INDEX) {
                LLVMAddClause(landing_pad, LLVMConstNull(l->unit->ptr));
                return;
            }
            LLVMAddClause(landing_pad, unit_tag(l->unit, clause->tag));
        }
    }
}

/* LLVM wants a landing pad to take something: one that takes nothing is a clean-up, to which the thrower never comes.
 */
void exception_finish(struct lower *l)
{
    for (const struct try_region *region = l->landings; region; region = region->next) {
        list_clauses(l, region, region->landing_pad);
        LLVMSetCleanup(region->landing_pad, LLVMGetNumClauses(region->landing_pad) == 0);
    }
}

/* --- instructions --- */

void lower_throw(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    build_throw(l, pop_carried(l, instr->index));
}

void lower_throw_ref(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef exception = stack_pop(l);

    (void)instr, (void)argument;
    trap_if(l, LLVMBuildIsNull(l->builder, exception, ""), MEWZ_TRAP_NULL_EXCEPTION);
    build_throw(l, exception);
}

void lower_try_table(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    struct try_region *region = begin_region(l, CONTROL_TRY, instr);

    (void)argument;
    region->catch_count = instr->catch_count;
    region->catches_at = instr->catches_at;
}

void lower_try(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    begin_region(l, CONTROL_TRY, instr);
}

/* Ends the region, or the clause before, and begins a clause; it is dead where nothing in the region can throw. */
static void begin_clause(struct lower *l, uint32_t tag)
{
    struct control *control = control_at(l, 0);
    struct try_region *region = control->own_region;

    if (!l->is_dead)
        LLVMBuildBr(l->builder, control_enter(l, control));
    control->region = region->outer;
    l->value_count = control->height;
    l->is_dead = !region->dispatch;
    if (l->is_dead)
        return;
    LLVMPositionBuilderAtEnd(l->builder, lower_new_block(l));
    add_clause(l, region, tag, LLVMGetInsertBlock(l->builder));
    control->exception = region->exception;
    if (tag != WASM_NO_INDEX)
        push_carried(l, tag, region->exception);
}

void lower_catch(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    begin_clause(l, instr->index);
}

void lower_catch_all(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    begin_clause(l, WASM_NO_INDEX);
}

void lower_rethrow(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    build_throw(l, control_at(l, instr->index)->exception);
}

/* Ends a try without clauses: its exceptions go to the handlers of the code behind the label. */
void lower_delegate(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    control_at(l, 0)->own_region->outer = control_at(l, instr->index + 1)->region;
    lower_end(l, instr, argument);
}
