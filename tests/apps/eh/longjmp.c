/* longjmp.c: setjmp and longjmp by exceptions of wasm. A function that calls setjmp catches every exception with the
 * tag
 * __c_longjmp, asks whether the jump is to a setjmp of its own, and where to go on; otherwise it throws it again. */
#include <setjmp.h>

#define TAG_C_LONGJMP 1 /* the compiler's number of it */

/* `place` is 1 or more; `frame` tells the calls of one function apart. */
void __wasm_setjmp(jmp_buf buffer, unsigned place, const void *frame)
{
    buffer->frame = frame;
    buffer->place = place;
}

/* The place to go on in the function if the jump is to that call of it, or 0. */
unsigned __wasm_setjmp_test(jmp_buf buffer, const void *frame)
{
    return buffer->frame == frame ? buffer->place : 0;
}

void __wasm_longjmp(jmp_buf buffer, int value)
{
    buffer->jump.buffer = buffer;
    buffer->jump.value = value ? value : 1;
    __builtin_wasm_throw(TAG_C_LONGJMP, &buffer->jump);
}
