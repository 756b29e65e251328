/* count_plugin.c: a QEMU TCG plugin that counts a guest's instructions where others can look while it runs.
 *
 *   -plugin count_plugin.so,out=FILE[,profile=FILE]
 *
 * The first 8 bytes of `out` are the number of instructions so far. When the guest ends, each line of `profile` is the
 * address of a piece of code (hexadecimal) and how many instructions ran in it. */
#include "qemu_plugin.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *argument);

struct block {
    struct block *next;
    uint64_t address;
    uint64_t executed;
};

static uint64_t *executed; /* in the file */
static const char *profile_path;
static struct block *blocks;

static void translate(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    uint64_t count = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, executed, count);
    struct block *block = profile_path ? calloc(1, sizeof *block) : NULL;
    if (!block)
        return;
    *block = (struct block){blocks, qemu_plugin_tb_vaddr(tb), 0};
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->executed, count);
}

static void write_profile(plugin_id id, void *argument)
{
    (void)id, (void)argument;
    FILE *out = fopen(profile_path, "w");
    for (const struct block *block = blocks; out && block; block = block->next)
        if (block->executed)
            fprintf(out, "%" PRIx64 " %" PRIu64 "\n", block->address, block->executed);
    if (out)
        fclose(out);
}

int qemu_plugin_install(plugin_id id, const struct qemu_plugin_info *info, int count, char **arguments)
{
    (void)info;
    int file = -1;
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "out=", 4) == 0)
            file = open(arguments[i] + 4, O_RDWR | O_CREAT | O_TRUNC, 0666);
        else if (strncmp(arguments[i], "profile=", 8) == 0)
            profile_path = strdup(arguments[i] + 8);
    }
    if (file < 0 || ftruncate(file, sizeof *executed) != 0)
        return -1;
    executed = mmap(NULL, sizeof *executed, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (executed == MAP_FAILED)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    if (profile_path)
        qemu_plugin_register_atexit_cb(id, write_profile, NULL);
    return 0;
}
