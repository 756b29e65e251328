/* syscall.h: system calls of Linux on x86-64 (System V ABI, appendix A.2.1). The result is -errno on failure. */
#ifndef LINUX_SYSCALL_H
#define LINUX_SYSCALL_H

#include <asm/errno.h>
#include <asm/unistd.h>

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long syscall4(long number, long a, long b, long c, long d)
{
    return syscall6(number, a, b, c, d, 0, 0);
}

static inline long syscall3(long number, long a, long b, long c)
{
    return syscall6(number, a, b, c, 0, 0, 0);
}

static inline long syscall2(long number, long a, long b)
{
    return syscall6(number, a, b, 0, 0, 0, 0);
}

#endif
