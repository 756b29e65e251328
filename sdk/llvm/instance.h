/* instance.h: what a module is besides code: memories, globals, tables, segments, instantiation, the descriptor. */
#ifndef LLVM_INSTANCE_H
#define LLVM_INSTANCE_H

#include "llvm/unit.h"

/* Defines all of it in unit 0, after the declarations that functions of this unit made. */
void instance_define(struct unit *unit);

#endif
