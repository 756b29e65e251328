/* fatal.c: see fatal.h. LLVM itself would abort: on what its allocators did not get, on what `new` did not get (it has
 * no exceptions), and on its own fatal errors. Only for the last of the three there is an interface for C; the others
 * are two functions of C++ by their names. */
#include "llvm/fatal.h"

#include <llvm-c/ErrorHandling.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/text.h"

typedef void (*new_handler)(void);
typedef void (*bad_alloc_handler)(void *data, const char *reason, bool wants_dump);

new_handler std_set_new_handler(new_handler handler) __asm__("_ZSt15set_new_handlerPFvvE");
void llvm_install_bad_alloc_error_handler(bad_alloc_handler handler, void *data) __asm__(
    "_ZN4llvm31install_bad_alloc_error_handlerEPFvPvPKcbES0_");

static void end_without_memory(void *data, const char *reason, bool wants_dump)
{
    (void)data, (void)reason, (void)wants_dump;
    memory_exhausted();
}

static void end_by_error(const char *reason)
{
    char line[512];
    int size = snprintf(line, sizeof(line) - 1, "mewz-cc: LLVM: %s", reason);

    size = size < (int)sizeof(line) - 2 ? size : (int)sizeof(line) - 2;
    text_make_printable(line, (size_t)size);
    line[size] = '\n';
    line[size + 1] = 0;
    cleanup_end(EXIT_FAILED, line);
}

void fatal_install(void)
{
    std_set_new_handler(memory_exhausted);
    llvm_install_bad_alloc_error_handler(end_without_memory, NULL);
    LLVMInstallFatalErrorHandler(end_by_error);
}
