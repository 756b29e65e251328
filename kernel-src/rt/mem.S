/* mem.S: memcpy, memmove, memset and memcmp.
 *
 * General registers only: the page fault handler clears pages while the program's vector registers are live. */

.macro FUNCTION name
    .section .text.\name, "ax", @progbits
    .globl \name
    .type \name, @function
    .p2align 4
\name:
    .cfi_startproc
.endm

.macro END name
    .cfi_endproc
    .size \name, . - \name
.endm

FUNCTION memcpy
    mov %rdi, %rax
    mov %rdx, %rcx
    rep movsb
    ret
END memcpy

FUNCTION memmove
    mov %rdi, %rax
    mov %rdx, %rcx
    mov %rdi, %r8
    sub %rsi, %r8
    cmp %rdx, %r8
    jb 1f
    rep movsb
    ret
1:  lea -1(%rdi,%rdx), %rdi
    lea -1(%rsi,%rdx), %rsi
    std
    rep movsb
    cld
    ret
END memmove

FUNCTION memset
    mov %rdi, %r8
    mov %esi, %eax
    mov %rdx, %rcx
    rep stosb
    mov %r8, %rax
    ret
END memset

FUNCTION memcmp
    xor %ecx, %ecx
1:  cmp %rdx, %rcx
    je 2f
    movzbl (%rdi,%rcx), %eax
    movzbl (%rsi,%rcx), %r8d
    inc %rcx
    sub %r8d, %eax
    je 1b
    ret
2:  xor %eax, %eax
    ret
END memcmp

    .section .note.GNU-stack, "", @progbits
