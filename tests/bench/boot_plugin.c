/* boot_plugin.c: a QEMU TCG plugin that counts a guest's instructions from one address to another.
 *
 *   -plugin boot_plugin.so,from=ADDRESS,low=ADDRESS,high=ADDRESS,out=FILE
 *
 * Writes to FILE the number of instructions from the first time that the one at `from` runs up to the first time that
 * one in [low, high) does. What lies before (firmware) and after counts not. With one processor and without devices
 * that answer at random times the count repeats exactly. */
#include "qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t from, low, high;
static const char *out_path;
static uint64_t executed; /* instructions so far */
static uint64_t executed_before;
static enum { WAITING, COUNTING, DONE } state;

static void at_begin(unsigned cpu, void *argument)
{
    (void)cpu, (void)argument;
    if (state == WAITING) {
        executed_before = executed;
        state = COUNTING;
    }
}

static void at_end(unsigned cpu, void *argument)
{
    (void)cpu, (void)argument;
    if (state != COUNTING)
        return;
    state = DONE;
    FILE *out = fopen(out_path, "w");
    if (out) {
        fprintf(out, "%lu\n", (unsigned long)(executed - executed_before));
        fclose(out);
    }
}

/* The callbacks come before the block's own instructions are added. */
static void translate(plugin_id id, struct qemu_plugin_tb *tb)
{
    (void)id;
    uint64_t address = qemu_plugin_tb_vaddr(tb);
    if (address == from)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, at_begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
    if (address >= low && address < high)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, at_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(tb));
}

static const char *value_of(const char *argument, const char *name)
{
    size_t size = strlen(name);
    return strncmp(argument, name, size) == 0 && argument[size] == '=' ? argument + size + 1 : NULL;
}

int qemu_plugin_install(plugin_id id, const struct qemu_plugin_info *info, int count, char **arguments)
{
    (void)info;
    for (int i = 0; i < count; i++) {
        const char *value;
        if ((value = value_of(arguments[i], "from")))
            from = strtoull(value, NULL, 16);
        else if ((value = value_of(arguments[i], "low")))
            low = strtoull(value, NULL, 16);
        else if ((value = value_of(arguments[i], "high")))
            high = strtoull(value, NULL, 16);
        else if ((value = value_of(arguments[i], "out")))
            out_path = strdup(value);
    }
    if (!out_path)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
