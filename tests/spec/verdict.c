/* verdict FILE...: for each wasm file one line that begins with `valid`, `malformed` or `invalid`, and goes on with the
 * message. */
#include <stdio.h>

#include "base/file.h"
#include "wasm/module.h"

static const char *judge(const char *path, const struct file *file, struct err *err)
{
    struct wasm_module module;
    struct arena arena = {0};
    const char *verdict = "valid";
    if (wasm_decode(&module, path, file->data, file->size, &arena, err))
        verdict = "malformed";
    else if (wasm_validate(&module, &arena, err))
        verdict = "invalid";
    arena_free(&arena);
    return verdict;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct file file;
        struct err err = {0};
        if (file_read(&file, argv[i], &err)) {
            fprintf(stderr, "%s\n", err.text);
            return err.status;
        }
        const char *verdict = judge(argv[i], &file, &err);
        printf("%s %s\n", verdict, err.set ? err.text : argv[i]);
        file_close(&file);
    }
    return EXIT_OK;
}
