/* simd.h: vectors in LLVM IR: what the handlers of 128-bit SIMD (core specification, section 4.3.6) share. */
#ifndef LLVM_SIMD_H
#define LLVM_SIMD_H

#include "llvm/lower.h"

/* The type of a vector of that shape. */
LLVMTypeRef simd_type(const struct unit *unit, enum lower_shape shape);

/* The same bits in another shape. */
LLVMValueRef simd_cast(struct lower *l, LLVMValueRef value, enum lower_shape shape);

/* All lanes equal: to a value, to a signed integer. */
LLVMValueRef simd_splat(struct lower *l, LLVMValueRef lane, LLVMTypeRef type);
LLVMValueRef simd_splat_number(LLVMTypeRef type, int64_t number);

/* The vector of `count` lanes of `first` and, behind them, `second`: those at `start`, `start + step`, and so on. */
LLVMValueRef simd_pick(struct lower *l, LLVMValueRef first, LLVMValueRef second, unsigned start, unsigned step,
                       unsigned count);

/* The lower or upper half of the lanes, each as an integer of twice the width. `half` is LOW or HIGH, with a sign. */
LLVMValueRef simd_extend_half(struct lower *l, LLVMValueRef value, intptr_t half);

/* The integers of a vector in lanes of twice or half the width, as many of them. */
LLVMTypeRef simd_wider_type(LLVMTypeRef type);
LLVMTypeRef simd_narrower_type(LLVMTypeRef type);

/* Calls an intrinsic of LLVM's that is an instruction of x86-64. */
LLVMValueRef simd_call_x86(struct lower *l, const char *name, LLVMValueRef *args, unsigned count);

/* 1 if the vector has a bit set, as an i1. */
LLVMValueRef simd_has_bits(struct lower *l, LLVMValueRef value);

#endif
