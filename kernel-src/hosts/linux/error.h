/* error.h: from Linux's errors to WASI's. */
#ifndef LINUX_ERROR_H
#define LINUX_ERROR_H

#include <stdint.h>

/* Of what a system call returned: WASI_SUCCESS where that is not negative, WASI_EIO for what has no name in WASI. */
uint32_t linux_error(long result);

#endif
