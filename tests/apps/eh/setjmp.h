/* setjmp.h: for programs compiled with -mllvm -wasm-enable-sjlj. The compiler turns calls of these two into others
 * (longjmp.c). */
#ifndef SETJMP_H
#define SETJMP_H

typedef struct {
    const void *frame; /* the function that called setjmp, this time */
    unsigned place;    /* which of its calls */
    struct {
        void *buffer;
        int value;
    } jump; /* under way to it */
} jmp_buf[1];

#ifdef __cplusplus
extern "C" {
#endif
int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);
#ifdef __cplusplus
}
#endif

#define _setjmp  setjmp
#define _longjmp longjmp

#endif
