/* The key is the digest of a text with the compiler's own content, the options, and each module's name and digest. */
#include "cc/object_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/proc.h"
#include "cc/options.h"

#define DEFAULT_SIZE ((uint64_t)1 << 30)

static uint64_t size_limit(void)
{
    const char *text = getenv("MEWZ_CACHE_SIZE");
    uint64_t size;
    return text && options_parse_size(text, &size) ? size : DEFAULT_SIZE;
}

/* What LLVM calls "native" is another processor on another machine, with which the folder may be shared. */
void object_cache_open(struct cache *cache, const struct driver *driver)
{
    bool is_wanted = !driver->no_cache && strcmp(driver->compile.cpu, "native") != 0;
    cache_open(cache, "objects", is_wanted ? size_limit() : 0);
}

/* By content: a version can be built many times. */
static void add_sdk_file(struct buf *text, const char *relative)
{
    struct err err = {0};
    struct file file;
    char *path = sdk_file(relative, &err);
    if (path && file_read(&file, path, &err) == 0) {
        buf_printf(text, "%s %s\n", relative, sha256_text(file.data, file.size).digits);
        file_close(&file);
    }
    free(path);
}

/* By what the system's package manager changes: it has a hundred megabytes. */
static void add_llvm(struct buf *text)
{
    struct stat status;
    if (stat(MEWZ_LLVM_LIBRARY, &status) == 0)
        buf_printf(text, "LLVM %ld %ld\n", (long)status.st_size, (long)status.st_mtim.tv_sec);
}

static void add_input(struct buf *text, const struct driver *input)
{
    buf_printf(text, "%zu %s %s %s\n", strlen(input->input), input->input, input->module_name ? input->module_name : "",
               sha256_text(input->file.data, input->file.size).digits);
}

struct sha256_text object_cache_key(const struct driver *driver)
{
    const struct compile_options *options = &driver->compile;
    struct buf text = {0};
    add_sdk_file(&text, "bin/mewz-cc");
    add_sdk_file(&text, "lib/mewz-llvm.so");
    add_llvm(&text);
    buf_printf(&text, "-O%u --cpu %s -g %d --locate-all %d --allow-missing %d --memory-max %lu\n", options->optimise,
               options->cpu, options->debug, options->locate_all, options->allow_missing, options->memory_max);
    add_input(&text, driver);
    for (size_t i = 0; i < driver->other_count; i++)
        add_input(&text, &driver->others[i]);
    struct sha256_text key = sha256_text(text.data, text.size);
    buf_free(&text);
    return key;
}
