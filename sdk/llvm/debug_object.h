/* debug_object.h: what LLVM's interface cannot say in debug information, put into the object that it wrote.
 *
 * - The address of linear memory, which only the linker knows, in an expression: LLVM has the constant
 *   DEBUG_MEMORY_BASE there (DW_OP_constu), which becomes the address (DW_OP_addr) with a relocation against
 *   `mewz_memory`. Both have nine bytes.
 * - Places in linear memory, which LLVM makes values of in some cases.
 * - The size of pointers, four bytes: LLVM has it as the address space that they point into (DW_AT_address_class), and
 *   this attribute becomes the size (DW_AT_byte_size), of the same form and value. */
#ifndef LLVM_DEBUG_OBJECT_H
#define LLVM_DEBUG_OBJECT_H

#include "base/buf.h"
#include "base/err.h"

#define DEBUG_MEMORY_BASE  0xd3a1c64f8e2b97ull
#define DEBUG_POINTER_SIZE 4

/* Appends the object that the bytes are to `object`, which is empty, with all that put in. */
int debug_object_complete(const uint8_t *bytes, size_t size, struct buf *object, const char *path, struct err *err);

#endif
