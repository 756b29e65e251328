#include "cc/compiler.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/proc.h"

static void *find(const char *function, struct err *err)
{
    char *library = sdk_file("lib/mewz-llvm.so", err);
    if (!library)
        return NULL;
    /* It stays loaded: the process ends soon, and LLVM's own tear-down costs time. */
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    free(library);
    void *address = handle ? dlsym(handle, function) : NULL;
    if (!address)
        err_set(err, "cannot load the code generator: %s", dlerror());
    return address;
}

int compiler_compile(const struct wasm_module *module, const struct compile_options *options, const char *path,
                     struct err *err)
{
    __typeof__(llvm_compile) *compile;
    *(void **)&compile = find("llvm_compile", err); /* POSIX's way round ISO C, which has no such conversion */
    return compile ? compile(module, options, path, err) : -1;
}

int compiler_disassemble(const struct disassembly *disassembly, struct err *err)
{
    __typeof__(llvm_disassemble) *disassemble;
    *(void **)&disassemble = find("llvm_disassemble", err);
    return disassemble ? disassemble(disassembly, err) : -1;
}
