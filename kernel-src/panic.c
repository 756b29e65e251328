/* panic.c: the end of a kernel that cannot go on (panic.h).
 *
 * Trusts as little as it can: static buffers, no allocation, and a second panic on the way ends the machine without
 * another word. */
#include "panic.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <mewz/channels.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/traps.h"
#include "dev/console.h"
#include "dev/exit.h"
#include "mm/map.h"
#include "rt/format.h"
#include "rt/trap.h"
#include "symbols.h"

#define LINE_SIZE  512
#define FRAMES_MAX 32

static void print_list(const char *format, va_list values)
{
    static char line[LINE_SIZE];
    console_write_emergency(line, format_text_list(line, sizeof line, format, values));
}

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_list(format, values);
    va_end(values);
}

static void print_message(const char *prefix, const char *subsystem, const char *format, va_list values)
{
    print("%s%s: ", prefix, subsystem);
    print_list(format, values);
    print("\n");
}

static void print_registers(const struct trap_frame *frame)
{
    print("  rip %p  rsp %p  flags %lx\n", (void *)frame->rip, (void *)frame->rsp, frame->rflags);
    print("  rax %p  rbx %p  rcx %p  rdx %p\n", (void *)frame->rax, (void *)frame->rbx, (void *)frame->rcx,
          (void *)frame->rdx);
    print("  rsi %p  rdi %p  rbp %p  r8  %p\n", (void *)frame->rsi, (void *)frame->rdi, (void *)frame->rbp,
          (void *)frame->r8);
    print("  r9  %p  r10 %p  r11 %p  r12 %p\n", (void *)frame->r9, (void *)frame->r10, (void *)frame->r11,
          (void *)frame->r12);
    print("  r13 %p  r14 %p  r15 %p\n", (void *)frame->r13, (void *)frame->r14, (void *)frame->r15);
}

static void print_place(uint64_t address)
{
    uint64_t offset;
    const char *name = symbols_find(address, &offset);
    if (name != NULL)
        print("  at %p %s+0x%lx\n", (void *)address, name, offset);
    else
        print("  at %p%s\n", (void *)address, trap_in_program(address) ? " in the program" : "");
}

/* Whether a frame pointer leads to two words that can be read. */
static bool is_frame(uint64_t pointer)
{
    return pointer % 8 == 0 && pointer >= MAP_DIRECT && map_lookup(pointer) != UINT64_MAX &&
           map_lookup(pointer + 8) != UINT64_MAX;
}

/* Follows the saved frame pointers, upwards only, as far as kernel functions go: the program's code has none. */
static void print_backtrace(uint64_t pointer)
{
    for (int i = 0; i < FRAMES_MAX && is_frame(pointer); i++) {
        const uint64_t *frame = (const uint64_t *)pointer;
        if (frame[1] == 0)
            break;
        print_place(frame[1]);
        if (frame[0] <= pointer || trap_in_program(frame[1]))
            break;
        pointer = frame[0];
    }
}

/* Interrupts off, and only the first panic speaks. */
static void begin_panic(void)
{
    static bool panicking;
    interrupts_disable();
    if (panicking)
        machine_exit(MEWZ_EXIT_PANIC);
    panicking = true;
}

void panic(const char *subsystem, const char *format, ...)
{
    begin_panic();
    va_list values;
    va_start(values, format);
    print_message("panic: ", subsystem, format, values);
    va_end(values);
    print_backtrace((uint64_t)__builtin_frame_address(0));
    machine_exit(MEWZ_EXIT_PANIC);
}

void panic_at(const struct trap_frame *frame, const char *subsystem, const char *format, ...)
{
    begin_panic();
    va_list values;
    va_start(values, format);
    print_message("panic: ", subsystem, format, values);
    va_end(values);
    print_registers(frame);
    print_place(frame->rip);
    print_backtrace(frame->rbp);
    machine_exit(MEWZ_EXIT_PANIC);
}

void warn(const char *subsystem, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_message("", subsystem, format, values);
    va_end(values);
}
