/* handlers.h: which handler of a function takes an exception: the table that LLVM writes for each function that has
 * some (.gcc_except_table; Itanium C++ ABI, exception handling tables). The types that it names are tags. */
#ifndef RT_HANDLERS_H
#define RT_HANDLERS_H

#include <stdbool.h>
#include <stdint.h>

#include <mewz/abi.h>

struct handler {
    uint64_t address;  /* where its code begins */
    uint64_t selector; /* which of the clauses there it is */
};

/* Finds the handler of a call at `address` in the function that begins at `function` and has the table `handlers`.
 * False where the exception goes on to the caller. */
bool handlers_find(const uint8_t *handlers, uint64_t function, uint64_t address, const struct mewz_tag *tag,
                   struct handler *handler);

#endif
