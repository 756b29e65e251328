/* lower.h: from a function's instructions to LLVM IR.
 *
 * lower_func runs through the body once. opcodes.def names each instruction's handler; a handler pops its operands
 * off the value stack, builds IR and pushes the results. The validator has checked everything, so handlers check
 * nothing. Code that cannot be reached is skipped, so that handlers never see it.
 *
 * Locals are stack slots here; LLVM turns them into values. */
#ifndef LLVM_LOWER_H
#define LLVM_LOWER_H

#include "base/arena.h"
#include "wasm/instr.h"
#include "llvm/unit.h"

/* The arguments of handlers in opcodes.def that are not LLVM's own. */
enum lower_sign { UNSIGNED, SIGNED };
enum lower_rounding { ROUND_CEIL, ROUND_FLOOR, ROUND_TRUNC, ROUND_NEAREST };
enum lower_extreme { LEAST, GREATEST };
enum lower_half { LOW = 0, HIGH = 2 }; /* together with a sign */

/* How an instruction sees its vectors; V128, without lanes, where it sees none. In ascending order of width. */
enum lower_shape { V128, I8X16, I16X8, I32X4, I64X2, F32X4, F64X2 };

enum control_kind { CONTROL_FUNC, CONTROL_BLOCK, CONTROL_LOOP, CONTROL_IF, CONTROL_TRY };

struct try_region; /* lower_exception.c */

/* A block that has begun and not ended (lower_control.c). */
struct control {
    enum control_kind kind;
    struct wasm_block type;
    size_t height;                /* of the value stack without the block's parameters */
    LLVMBasicBlockRef target;     /* where a branch to its label goes: a loop's head, others' end; NULL until used */
    LLVMValueRef *phis;           /* in `target`: the values that branches bring */
    LLVMBasicBlockRef else_block; /* an `if` whose `else` has not come yet */
    LLVMValueRef *else_params;    /* its parameters */
    LLVMBasicBlockRef table_edge; /* the way of the br_table at `table_offset` to `target` */
    uint32_t table_offset;
    struct try_region *region;     /* where exceptions go that are thrown here; NULL: out of the function */
    struct try_region *own_region; /* of a CONTROL_TRY */
    LLVMValueRef exception;        /* in a clause of a `try`: the one that it caught */
};

struct lower {
    struct unit *unit;
    const struct wasm_module *wasm;
    LLVMBuilderRef builder;
    const struct wasm_func *func;
    LLVMValueRef function;
    LLVMBasicBlockRef entry; /* has the locals' slots */
    LLVMValueRef *locals;    /* stack slots, or NULL where not used yet */
    wasm_valtype *local_types;

    LLVMValueRef *values;
    size_t value_count, value_capacity;
    struct control *controls;
    size_t control_count, control_capacity;
    struct try_region *landings;
    LLVMValueRef stack_pointer; /* as the function begins, or NULL */
    bool is_dead;               /* this place cannot be reached */
    uint32_t dead_depth;        /* blocks that began in dead code */

    uint32_t offset; /* of the current instruction, as the next one */
    enum lower_shape shape;
    LLVMMetadataRef scope;
    struct variables *variables; /* with -g, of the source code (variables.h); NULL where none is known */
    struct arena arena;          /* lives as long as the function is lowered */
    struct err *err;
};

/* Lowers function `index`, which this unit defines. */
int lower_func(struct unit *unit, uint32_t index, struct err *err);

/* Vectors lie on the stack without lanes: pushing takes any shape, popping gives that of the current instruction. */
void stack_push(struct lower *l, LLVMValueRef value);
LLVMValueRef stack_pop(struct lower *l);

/* Gives an instruction that can trap, or a call, its place in the wasm module. Others need none. */
void lower_locate(struct lower *l, LLVMValueRef instruction);

/* The value, as a quiet NaN if it is a NaN. */
LLVMValueRef lower_quieten(struct lower *l, LLVMValueRef value);

/* The integer next to the float in that direction; a quiet NaN for NaNs. */
LLVMValueRef lower_build_round(struct lower *l, LLVMValueRef value, enum lower_rounding rounding);

/* Accesses linear memory at the instruction's offset from `index`, an i32. */
LLVMValueRef lower_load_from(struct lower *l, const struct wasm_instr *instr, LLVMValueRef index, LLVMTypeRef type);
void lower_store_to(struct lower *l, const struct wasm_instr *instr, LLVMValueRef index, LLVMValueRef value);

/* The slot of a local. */
LLVMValueRef lower_local(struct lower *l, uint32_t index);

/* A new block after the current one. */
LLVMBasicBlockRef lower_new_block(struct lower *l);

/* Traps here (kind: abi.h); what follows is dead. Or traps if `condition` holds and goes on otherwise. */
void trap_now(struct lower *l, unsigned kind);
void trap_if(struct lower *l, LLVMValueRef condition, unsigned kind);

/* Traps unless `count` elements from `start` on lie within `size`; all three are i64 of which no sum overflows. */
void trap_unless_inside(struct lower *l, LLVMValueRef start, LLVMValueRef count, LLVMValueRef size, unsigned kind);

/* Zero-extends an i32 to i64. An i64 remains what it is within the reach of memories and tables, and beyond all of
 * them where it is beyond; sums of such numbers do not overflow. */
LLVMValueRef lower_widen(struct lower *l, LLVMValueRef value);

/* The address of a table's element; traps with `kind` where there is none. `index` is an i32. */
LLVMValueRef table_slot(struct lower *l, uint32_t table, LLVMValueRef index, unsigned kind);

/* The signature of a block as arrays of types (`*count` of them). */
const wasm_valtype *control_params(const struct lower *l, const struct control *control, uint32_t *count);
const wasm_valtype *control_results(const struct lower *l, const struct control *control, uint32_t *count);

/* Opens the function's own block; and one within the innermost one, whose parameters are on the stack. */
void control_begin_func(struct lower *l);
struct control *control_begin(struct lower *l, enum control_kind kind, struct wasm_block type);

/* The block to whose label a branch of that depth goes. */
struct control *control_at(struct lower *l, uint32_t depth);

/* Brings the values on top of the stack from the current block to the label, and leaves them on the stack. Returns
 * where the branch goes that the caller builds. */
LLVMBasicBlockRef control_enter(struct lower *l, struct control *control);

/* Calls what may throw: exceptions go to the handlers of this place. What follows is in a new block if it has some. */
LLVMValueRef lower_build_call(struct lower *l, LLVMTypeRef type, LLVMValueRef callee, LLVMValueRef *args,
                              unsigned count);

/* A region's code ends: decides where its exceptions go. And the function's: tells its landing pads what they take. */
void exception_end_region(struct lower *l, struct try_region *region);
void exception_finish(struct lower *l);

#define LOWERING(name) void lower_##name(struct lower *l, const struct wasm_instr *instr, intptr_t argument);
/* lower_control.c */
LOWERING(unreachable)
LOWERING(nop)
LOWERING(block)
LOWERING(loop)
LOWERING(if)
LOWERING(else)
LOWERING(end)
LOWERING(br)
LOWERING(br_if)
LOWERING(br_on_null)
LOWERING(br_on_non_null)
LOWERING(br_table)
LOWERING(return)
/* lower_call.c */
LOWERING(call)
LOWERING(call_indirect)
LOWERING(call_ref)
LOWERING(return_call)
LOWERING(return_call_indirect)
LOWERING(return_call_ref)
/* lower_exception.c */
LOWERING(throw)
LOWERING(throw_ref)
LOWERING(try_table)
LOWERING(try)
LOWERING(catch)
LOWERING(rethrow)
LOWERING(delegate)
LOWERING(catch_all)
/* lower_variable.c */
LOWERING(drop)
LOWERING(select)
LOWERING(local_get)
LOWERING(local_set)
LOWERING(local_tee)
LOWERING(global_get)
LOWERING(global_set)
/* lower_table.c */
LOWERING(table_get)
LOWERING(table_set)
LOWERING(table_init)
LOWERING(elem_drop)
LOWERING(table_copy)
LOWERING(table_grow)
LOWERING(table_size)
LOWERING(table_fill)
LOWERING(ref_null)
LOWERING(ref_is_null)
LOWERING(ref_func)
LOWERING(ref_as_non_null)
/* lower_memory.c */
LOWERING(load)
LOWERING(store)
LOWERING(memory_size)
LOWERING(memory_grow)
LOWERING(memory_init)
LOWERING(data_drop)
LOWERING(memory_copy)
LOWERING(memory_fill)
/* lower_integer.c */
LOWERING(eqz)
LOWERING(compare)
LOWERING(count_zeros)
LOWERING(unary_intrinsic)
LOWERING(binop)
LOWERING(divide)
LOWERING(shift)
LOWERING(rotate)
LOWERING(sign_extend)
/* lower_float.c */
LOWERING(float_compare)
LOWERING(float_neg)
LOWERING(round)
LOWERING(float_binop)
LOWERING(float_minmax)
LOWERING(binary_intrinsic)
/* lower_convert.c */
LOWERING(constant)
LOWERING(convert)
LOWERING(trunc_checked)
LOWERING(trunc_sat)
/* simd_memory.c */
LOWERING(simd_load_extend)
LOWERING(simd_load_splat)
LOWERING(simd_load_zero)
LOWERING(simd_load_lane)
LOWERING(simd_store_lane)
/* simd_lane.c */
LOWERING(simd_splat)
LOWERING(simd_extract_lane)
LOWERING(simd_replace_lane)
LOWERING(simd_shuffle)
LOWERING(simd_swizzle)
/* simd_bits.c */
LOWERING(simd_not)
LOWERING(simd_andnot)
LOWERING(simd_bitselect)
LOWERING(simd_any_true)
LOWERING(simd_all_true)
LOWERING(simd_bitmask)
/* simd_integer.c */
LOWERING(simd_compare)
LOWERING(simd_abs)
LOWERING(simd_neg)
LOWERING(simd_shift)
LOWERING(simd_avgr)
LOWERING(simd_q15mulr)
/* simd_width.c */
LOWERING(simd_extend)
LOWERING(simd_narrow)
LOWERING(simd_extmul)
LOWERING(simd_extadd)
LOWERING(simd_dot)
/* simd_float.c */
LOWERING(simd_float_compare)
LOWERING(simd_minmax)
LOWERING(simd_pseudo_minmax)
/* simd_convert.c */
LOWERING(simd_convert)
LOWERING(simd_convert_low)
LOWERING(simd_promote)
LOWERING(simd_demote)
LOWERING(simd_trunc_sat)
LOWERING(simd_trunc_sat_zero)
/* simd_relaxed.c */
LOWERING(simd_madd)
LOWERING(simd_relaxed_dot)
LOWERING(simd_relaxed_dot_add)
/* lower_atomic.c */
LOWERING(atomic_load)
LOWERING(atomic_store)
LOWERING(atomic_rmw)
LOWERING(atomic_xchg)
LOWERING(atomic_cmpxchg)
LOWERING(atomic_wait)
LOWERING(atomic_notify)
#undef LOWERING

#endif
