/* throw_entry.S: _Noreturn void mewz_throw(struct mewz_exception *exception)
 *
 * Gives throw_find_handler the registers of the function that throws, a struct trap_registers, and enters the handler
 * that it finds as LLVM expects: the exception in rax, the selector in rdx. The return address is read before anything
 * is written: a write may touch the last pages of the stack, where the kernel replaces it (arch/x86_64/traps.c). */

    .section .text.mewz_throw, "ax", @progbits
    .globl mewz_throw
    .type mewz_throw, @function
mewz_throw:
    .cfi_startproc
    mov (%rsp), %rax
    lea 8(%rsp), %rdx
    dec %rax /* the call, not what follows it */
    sub $72, %rsp
    .cfi_adjust_cfa_offset 72
    mov %rax, 0(%rsp)
    mov %rdx, 8(%rsp)
    mov %rbp, 16(%rsp)
    mov %rbx, 24(%rsp)
    mov %r12, 32(%rsp)
    mov %r13, 40(%rsp)
    mov %r14, 48(%rsp)
    mov %r15, 56(%rsp)
    mov %r11, 64(%rsp)
    mov %rdi, %rbx
    mov %rsp, %rsi
    call throw_find_handler
    mov %rax, %rdx
    mov %rbx, %rax
    mov 0(%rsp), %rcx
    mov 16(%rsp), %rbp
    mov 24(%rsp), %rbx
    mov 32(%rsp), %r12
    mov 40(%rsp), %r13
    mov 48(%rsp), %r14
    mov 56(%rsp), %r15
    mov 8(%rsp), %rsp
    jmp *%rcx
    .cfi_endproc
    .size mewz_throw, . - mewz_throw

    .section .note.GNU-stack, "", @progbits
