/* folders.c: see folders.h. */
#include "hosts/linux/folders.h"

#include "hosts/linux/start.h"
#include "wasi/host.h"

#define VARIABLE "MEWZ_DIRS"

/* Number `index` of the parts between commas; its size in *size. */
static const char *part_of(const char *list, uint32_t index, size_t *size)
{
    for (;;) {
        *size = 0;
        while (list[*size] && list[*size] != ',')
            ++*size;
        if (index-- == 0)
            return list;
        if (!list[*size])
            return NULL;
        list += *size + 1;
    }
}

static char *copy_text(const char *text, size_t size)
{
    char *copy = host_memory_take(size + 1);
    if (!copy)
        start_fail("no memory for the folders of " VARIABLE " or --dir");
    __builtin_memcpy(copy, text, size);
    return copy;
}

static bool ends_with_read_only(const char *text, size_t size)
{
    return size > 3 && __builtin_memcmp(text + size - 3, ":ro", 3) == 0;
}

/* HOST:GUEST[:ro]; the last colon divides, since a guest's name has none. */
static void parse(const char *text, size_t size, struct folder *folder)
{
    folder->is_read_only = ends_with_read_only(text, size);
    if (folder->is_read_only)
        size -= 3;
    size_t colon = size;
    while (colon > 0 && text[colon - 1] != ':')
        colon--;
    if (colon < 2 || colon == size)
        start_fail("a folder is not HOST:GUEST or HOST:GUEST:ro (" VARIABLE " or --dir)");
    folder->path = copy_text(text, colon - 1);
    folder->name = copy_text(text + colon, size - colon);
}

bool folder_get(uint32_t index, struct folder *folder)
{
    const char *text = config_variable(VARIABLE);
    size_t size = 0;
    if (text) {
        text = *text ? part_of(text, index, &size) : NULL; /* empty: no folders */
    } else {
        text = host_setting("dir", index);
        while (text && text[size])
            size++;
    }
    if (text)
        parse(text, size, folder);
    return text != NULL;
}
