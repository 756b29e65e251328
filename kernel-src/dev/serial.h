/* serial.h: the first serial port, a 16550 at I/O port 0x3f8. Used where there is nothing better, and for panics.
 *
 * Set up at first use. Where there is no such port, writing does nothing and reading finds nothing. */
#ifndef DEV_SERIAL_H
#define DEV_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether there is one: its scratch register keeps what is written to it. */
bool serial_is_present(void);

/* Writes without interrupts; in any state of the kernel. */
void serial_write(const char *bytes, size_t size);

/* Reads what has arrived, without waiting: the number of bytes, 0 if none. */
size_t serial_read(char *bytes, size_t size);

/* True if serial_read has something to give. */
bool serial_is_readable(void);

/* Asks for one interrupt when a byte arrives; it ends time_wait. Look at serial_is_readable after asking. */
void serial_listen(void);

#endif
