/* console.h: the standard streams of the program, on whatever the machine has for them.
 *
 * Each is a port of the virtio console device with its own name (mewz/channels.h), else that device's plain console,
 * else the serial port. Chosen at first use. */
#ifndef DEV_CONSOLE_H
#define DEV_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum console_stream { CONSOLE_STDIN, CONSOLE_STDOUT, CONSOLE_STDERR, CONSOLE_STREAMS };

/* True if a person may be sitting at the other side. */
bool console_is_terminal(enum console_stream stream);

/* Writes all of it, or returns false when the other side is gone. The outside gets it no later than console_push. */
bool console_write(enum console_stream stream, const void *bytes, size_t size);
void console_push(enum console_stream stream);

/* Waits until all that was pushed has reached the outside. */
void console_flush(void);

/* Reads what is there, without waiting: the number of bytes; 0 when there are none now, or at the end. */
size_t console_read(void *bytes, size_t size);

/* True if stdin has a byte or is at its end; *bytes: how many, as far as is known, 0 at the end. */
bool console_is_ready(uint64_t *bytes);

/* For waiting until stdin is ready, or something else: ask for an interrupt, then look at console_is_ready with the
 * processor's interrupts off, before each time_wait (arch/x86_64/time.h); in the end ask for silence. */
void console_listen(void);
void console_unlisten(void);

/* Writes a message of the kernel's own, polling, in any state of the kernel: on the serial port, or, in a machine
 * without one, on stderr's. */
void console_write_emergency(const char *bytes, size_t size);

#endif
