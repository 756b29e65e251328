/* entry.S: where the process begins (System V ABI, section 3.4.1), and two things that C cannot express. */

    .section .text.start, "ax", @progbits

/* The kernel leaves at the stack pointer: argc, argv, 0, environ, 0, ... */
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    mov %rsp, %rdi
    and $-16, %rsp
    call linux_start
    ud2
    .size _start, . - _start

/* _Noreturn void stack_switch(void *top, void (*function)(void)) */
    .globl stack_switch
    .hidden stack_switch
    .type stack_switch, @function
stack_switch:
    mov %rdi, %rsp
    xor %ebp, %ebp
    call *%rsi
    ud2
    .size stack_switch, . - stack_switch

/* Where a signal handler returns to: rt_sigreturn. */
    .globl signal_return
    .hidden signal_return
    .type signal_return, @function
signal_return:
    mov $15, %eax
    syscall
    .size signal_return, . - signal_return

    .section .note.GNU-stack, "", @progbits
