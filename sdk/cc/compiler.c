#include "cc/compiler.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/proc.h"

int compiler_compile(const struct wasm_module *module, const struct compile_options *options, const char *path,
                     struct err *err)
{
    char *library = sdk_file("lib/mewz-llvm.so", err);
    if (!library)
        return -1;
    /* It stays loaded: the process ends soon, and LLVM's own tear-down costs time. */
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    free(library);
    if (!handle)
        return err_set(err, "cannot load the code generator: %s", dlerror());
    __typeof__(llvm_compile) *compile;
    *(void **)&compile = dlsym(handle, "llvm_compile"); /* POSIX's way round ISO C, which has no such conversion */
    if (!compile)
        return err_set(err, "cannot load the code generator: %s", dlerror());
    return compile(module, options, path, err);
}
