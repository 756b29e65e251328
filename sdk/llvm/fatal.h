/* fatal.h: how the process ends where LLVM cannot go on, in any thread: with one line and EXIT_FAILED, and nothing left
 * behind, like everywhere else. */
#ifndef LLVM_FATAL_H
#define LLVM_FATAL_H

/* Call it before LLVM does anything; once is enough. */
void fatal_install(void);

#endif
