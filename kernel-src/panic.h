/* panic.h: the end of a kernel that cannot go on, and how it says things on the way.
 *
 * Three classes of errors: a boot or configuration failure panics with the subsystem's name; anything that the program
 * or the outside world causes becomes a WASI errno or a trap, never one of these; a broken invariant of our own is an
 * assert. The formats are those of rt/format.h. */
#ifndef PANIC_H
#define PANIC_H

#include <stdint.h>

/* Prints "panic: SUBSYSTEM: text" and a backtrace on the emergency console, and ends the machine with
 * MEWZ_EXIT_PANIC. */
_Noreturn void panic(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an exception: prints the registers of `frame` and the backtrace from there. */
struct trap_frame;
_Noreturn void panic_at(const struct trap_frame *frame, const char *subsystem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line "SUBSYSTEM: text" on the emergency console: what an operator should know although work goes on. */
void warn(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#undef assert
#define assert(condition) ((condition) ? (void)0 : panic("assert", "%s:%d: %s", __FILE__, __LINE__, #condition))

#endif
