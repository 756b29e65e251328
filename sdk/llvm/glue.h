/* glue.h: functions of an object that are no function of the module. */
#ifndef LLVM_GLUE_H
#define LLVM_GLUE_H

#include "llvm/unit.h"

/* Begins the body of such a function; returns the scope of places in it. */
LLVMMetadataRef glue_begin(struct unit *unit, LLVMValueRef function);

/* Calls the module's function `index`. */
LLVMValueRef glue_call(struct unit *unit, uint32_t index, LLVMValueRef *args, LLVMMetadataRef scope);

/* Defines a function of that name that only goes on to function `index`. */
LLVMValueRef glue_define_forwarder(struct unit *unit, const char *symbol, uint32_t index, unsigned convention);

#endif
