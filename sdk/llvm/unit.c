/* unit.c: an LLVM module's frame: types, attributes. debug.c has debug information, symbols.c has the symbols. */
#include "llvm/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "llvm/debug.h"
#include "llvm/symbols.h"

static void make_types(struct unit *unit)
{
    LLVMContextRef context = unit->context;

    unit->i1 = LLVMInt1TypeInContext(context);
    unit->i8 = LLVMInt8TypeInContext(context);
    unit->i16 = LLVMInt16TypeInContext(context);
    unit->i32 = LLVMInt32TypeInContext(context);
    unit->i64 = LLVMInt64TypeInContext(context);
    unit->f32 = LLVMFloatTypeInContext(context);
    unit->f64 = LLVMDoubleTypeInContext(context);
    unit->v128 = LLVMVectorType(unit->i64, 2);
    unit->ptr = LLVMPointerTypeInContext(context, 0);
    unit->void_type = LLVMVoidTypeInContext(context);
    unit->memory_type =
        LLVMStructTypeInContext(context, (LLVMTypeRef[]){unit->ptr, unit->i64, unit->i64, unit->i64}, 4, false);
    unit->table_type = LLVMStructTypeInContext(context, (LLVMTypeRef[]){unit->ptr, unit->i32, unit->i32}, 3, false);
    unit->func_type = LLVMStructTypeInContext(context, (LLVMTypeRef[]){unit->ptr, unit->ptr}, 2, false);
}

void unit_init(struct unit *unit, const struct wasm_instance *instance, const struct plan *plan,
               const struct compile_options *options, uint32_t index, LLVMTargetMachineRef machine)
{
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    char *triple = LLVMGetTargetMachineTriple(machine);

    *unit = (struct unit){.instance = instance,
                          .wasm = instance->module,
                          .plan = plan,
                          .options = options,
                          .index = index,
                          .machine = machine};
    unit->context = LLVMContextCreate();
    unit->module = LLVMModuleCreateWithNameInContext("wasm", unit->context);
    unit->builder = LLVMCreateBuilderInContext(unit->context);
    LLVMSetModuleDataLayout(unit->module, layout);
    LLVMSetTarget(unit->module, triple);
    LLVMDisposeTargetData(layout);
    LLVMDisposeMessage(triple);
    make_types(unit);
    debug_init(unit);
    unit->symbols = symbols_new(unit->wasm);
}

void unit_fini(struct unit *unit)
{
    symbols_free(unit->symbols);
    debug_fini(unit);
    LLVMDisposeBuilder(unit->builder);
    LLVMDisposeModule(unit->module);
    LLVMContextDispose(unit->context);
}

LLVMTypeRef unit_valtype(const struct unit *unit, wasm_valtype type)
{
    switch (type) {
    case WASM_I32:
        return unit->i32;
    case WASM_I64:
        return unit->i64;
    case WASM_F32:
        return unit->f32;
    case WASM_F64:
        return unit->f64;
    case WASM_V128:
        return unit->v128;
    default: /* references: a funcref points to a struct mewz_func, an externref is the host's business */
        return unit->ptr;
    }
}

LLVMTypeRef unit_letter_type(const struct unit *unit, char letter)
{
    switch (letter) {
    case 'i':
        return unit->i32;
    case 'I':
        return unit->i64;
    case 'f':
        return unit->f32;
    case 'F':
        return unit->f64;
    default:
        return unit->v128;
    }
}

static LLVMTypeRef *make_type_list(const struct unit *unit, const wasm_valtype *types, uint32_t count)
{
    LLVMTypeRef *list = memory_alloc((count + 1) * sizeof(*list));

    for (uint32_t i = 0; i < count; i++)
        list[i] = unit_valtype(unit, types[i]);
    return list;
}

static LLVMTypeRef make_result_type(const struct unit *unit, const struct wasm_functype *type)
{
    LLVMTypeRef *list, result;

    if (type->result_count == 0)
        return unit->void_type;
    if (type->result_count == 1)
        return unit_valtype(unit, type->results[0]);
    list = make_type_list(unit, type->results, type->result_count);
    result = LLVMStructTypeInContext(unit->context, list, type->result_count, false);
    free(list);
    return result;
}

LLVMTypeRef unit_functype(const struct unit *unit, const struct wasm_functype *type)
{
    LLVMTypeRef *params = make_type_list(unit, type->params, type->param_count);
    LLVMTypeRef result = LLVMFunctionType(make_result_type(unit, type), params, type->param_count, false);

    free(params);
    return result;
}

unsigned unit_convention(const struct unit *unit)
{
    enum { TAIL_CONVENTION = 18 }; /* llvm::CallingConv::Tail; the C interface has no name for it */

    return unit->instance->has_tail_calls ? TAIL_CONVENTION : LLVMCCallConv;
}

bool unit_moves_stack(const struct unit *unit)
{
    return unit->plan->can_throw && unit_convention(unit) != LLVMCCallConv;
}

/* rax, rdx and rcx; xmm0 to xmm3. */
bool unit_results_fit(const struct unit *unit, const struct wasm_functype *type)
{
    unsigned integers = 0, vectors = 0;

    for (uint32_t i = 0; i < type->result_count; i++) {
        LLVMTypeKind kind = LLVMGetTypeKind(unit_valtype(unit, type->results[i]));

        *(kind == LLVMIntegerTypeKind || kind == LLVMPointerTypeKind ? &integers : &vectors) += 1;
    }
    return integers <= 3 && vectors <= 4;
}

LLVMValueRef unit_i32(const struct unit *unit, uint32_t value)
{
    return LLVMConstInt(unit->i32, value, false);
}

LLVMValueRef unit_i64(const struct unit *unit, uint64_t value)
{
    return LLVMConstInt(unit->i64, value, false);
}

static LLVMAttributeRef make_attribute(const struct unit *unit, const char *name, uint64_t value)
{
    return LLVMCreateEnumAttribute(unit->context, LLVMGetEnumAttributeKindForName(name, strlen(name)), value);
}

/* nounwind: where nothing throws; uwtable 1: yet backtraces walk the frames, from calls and traps only.
 * noredzone: a kernel's interrupts may use the same stack. null_pointer_is_valid: linear memory may begin low.
 * probe-stack: a frame larger than the stack's guard must not step over it.
 * disable-tail-calls: endless recursion ends in a trap, and backtraces are whole.
 * no-builtins: a loop that stores must not become a call of memset, where a trap would not be the program's own. */
void unit_define_func(struct unit *unit, LLVMValueRef function)
{
    static const struct {
        const char *name;
        uint64_t value;
    } flags[] = {{"uwtable", 1}, {"noredzone", 0}, {"null_pointer_is_valid", 0}};
    static const char *const texts[][2] = {{"probe-stack", "inline-asm"},
                                           {"stack-probe-size", "4096"},
                                           {"no-builtins", ""},
                                           {"disable-tail-calls", "true"}};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
                                make_attribute(unit, flags[i].name, flags[i].value));
    if (!unit->plan->can_throw)
        unit_say_cannot_throw(unit, function);
    if (unit_moves_stack(unit))
        LLVMAddTargetDependentFunctionAttr(function, "frame-pointer", "all");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        LLVMAddTargetDependentFunctionAttr(function, texts[i][0], texts[i][1]);
    LLVMSetSection(function, UNIT_TEXT_SECTION);
}

static unsigned nounwind_kind(void)
{
    return LLVMGetEnumAttributeKindForName("nounwind", 8);
}

bool unit_cannot_throw(LLVMValueRef function)
{
    return LLVMIsAFunction(function) &&
           LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex, nounwind_kind());
}

void unit_say_cannot_throw(struct unit *unit, LLVMValueRef function)
{
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, make_attribute(unit, "nounwind", 0));
}

void unit_forbid_inlining(struct unit *unit, LLVMValueRef function)
{
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, make_attribute(unit, "noinline", 0));
}

void unit_forbid_optimising(struct unit *unit, LLVMValueRef function)
{
    unit_forbid_inlining(unit, function); /* LLVM wants both together */
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, make_attribute(unit, "optnone", 0));
}

void unit_mark_cold(struct unit *unit, LLVMValueRef call)
{
    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, make_attribute(unit, "noreturn", 0));
    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, make_attribute(unit, "cold", 0));
}

void unit_set_invariant(struct unit *unit, LLVMValueRef load)
{
    LLVMSetMetadata(load, LLVMGetMDKindIDInContext(unit->context, "invariant.load", 14),
                    LLVMMetadataAsValue(unit->context, LLVMMDNodeInContext2(unit->context, NULL, 0)));
}

LLVMValueRef unit_call_intrinsic(struct unit *unit, const char *name, LLVMTypeRef *types, unsigned type_count,
                                 LLVMValueRef *args, unsigned count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(unit->module, id, types, type_count);
    LLVMTypeRef type = LLVMIntrinsicGetType(unit->context, id, types, type_count);

    return LLVMBuildCall2(unit->builder, type, function, args, count, "");
}

LLVMValueRef unit_build_fence(struct unit *unit, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);

    return unit_call_intrinsic(unit, UNIT_FENCE, &type, 1, &value, 1);
}

/* nomerge: each check keeps its own trap, so that the trap's address says which check it was. */
LLVMValueRef unit_build_trap(struct unit *unit, unsigned kind)
{
    LLVMValueRef code = LLVMConstInt(unit->i8, kind, false);
    LLVMValueRef call = unit_call_intrinsic(unit, "llvm.ubsantrap", NULL, 0, &code, 1);

    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex, make_attribute(unit, "nomerge", 0));
    unit_mark_cold(unit, call);
    LLVMBuildUnreachable(unit->builder);
    return call;
}
