/* vectors.S: exceptions and interrupts, from the processor to trap_dispatch (traps.h) and back.
 *
 * Only general registers are saved: the kernel does not touch the others (-mgeneral-regs-only). */

#include "arch/x86_64/vectors.h"

    .section .text.vectors, "ax"

/* One entry point a vector, all of the same size, for the table in traps.c. */
    .balign VECTOR_ENTRY_SIZE
    .global vector_entries
vector_entries:
    .set vector, 0
    .rept VECTOR_COUNT
    .balign VECTOR_ENTRY_SIZE
    .if vector >= 32 || !((VECTORS_WITH_ERROR >> vector) & 1)
    push    $0
    .endif
    push    $vector
    jmp     vector_common
    .set vector, vector + 1
    .endr

vector_common:
    push    %rax
    push    %rbx
    push    %rcx
    push    %rdx
    push    %rsi
    push    %rdi
    push    %rbp
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    cld
    mov     %rsp, %rdi
    call    trap_dispatch
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rbp
    pop     %rdi
    pop     %rsi
    pop     %rdx
    pop     %rcx
    pop     %rbx
    pop     %rax
    add     $16, %rsp
    iretq

/* Where a WASI function returns to when it ran into the margin of the program's stack (traps.c): hands the registers
 * that the program's code would have continued with, as a struct trap_registers, to traps_stack_exhausted. */
    .global vector_stack_exhausted
vector_stack_exhausted:
    mov     %rsp, %rax
    mov     traps_end_stack(%rip), %rsp
    sub     $8, %rsp
    push    %r11
    push    %r15
    push    %r14
    push    %r13
    push    %r12
    push    %rbx
    push    %rbp
    push    %rax
    push    traps_return_address(%rip)
    mov     %rsp, %rdi
    call    traps_stack_exhausted
    ud2

    .section .note.GNU-stack, "", @progbits
