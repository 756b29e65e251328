/* listeners.h: the sockets that a program is given (the setting `listen`, mewz/config.h). */
#ifndef WASI_LISTENERS_H
#define WASI_LISTENERS_H

/* Opens them, from descriptor 3 on, before the program begins. Ends the program where one cannot be had: without it
 * the others would have other numbers. */
void listeners_open(void);

#endif
