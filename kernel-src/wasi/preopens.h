/* preopens.h: the folders that a program is given (host_file_preopen, host_file.h). */
#ifndef WASI_PREOPENS_H
#define WASI_PREOPENS_H

/* Opens them before the program begins, from descriptor 3 on or behind the sockets that it is given (listeners.h). Ends
 * the program where one cannot be had. */
void preopens_open(void);

#endif
