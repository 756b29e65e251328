/* setjmp.h: for interpreters whose scripts raise no error. Debian's wasi-libc has no setjmp; so that all systems run
 * the same program, none of them uses its own. */
#ifndef SETJMP_H
#define SETJMP_H

#include <stdlib.h>

typedef int jmp_buf[1];

#define setjmp(buffer)         ((void)(buffer), 0)
#define longjmp(buffer, value) abort()

#endif
