/* bios_start.S: the BIOS stub's entry, and its ways between protected mode, where its C code runs, and real mode,
 * where the BIOS does. Code and data lie in the first 64 KiB, so that with all segments at 0 an address means the same
 * in both. Interrupts are only ever on in real mode. */
#include <mewz/boot_plan.h>

    .set CODE32, 0x08
    .set DATA32, 0x10
    .set CODE16, 0x18
    .set DATA16, 0x20
    .set STACK, 0x7c00

    .section .text.start, "ax"
    .code16
    .globl _start
_start: /* DL: the drive; CL: the binary logarithm of its sectors' size */
    cli
    movb %dl, bios_drive
    movb %cl, bios_sector_shift
    /* A20: ask the BIOS, then set it in system control port A. Setting what is set does no harm. */
    movw $0x2401, %ax
    int $0x15
    inb $0x92, %al
    orb $2, %al
    andb $0xfe, %al /* bit 0 resets the machine */
    outb %al, $0x92

    cli
    lgdt gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $1f
    .code32
1:  movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $STACK, %esp
    call bios_main

/* void bios_interrupt(unsigned vector, struct bios_registers *registers)
 * `registers` are eax, ebx, ecx, edx, esi, edi, and flags for what comes back. */
    .globl bios_interrupt
bios_interrupt:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %eax
    movb %al, interrupt + 1
    movl 24(%esp), %ebp
    movl %esp, saved_stack

    /* To real mode by way of a 16-bit segment: the limits of 64 KiB stay in force after the switch (Intel SDM 3,
     * 10.9.2). */
    ljmp $CODE16, $1f
    .code16
1:  movw $DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    ljmp $0, $1f
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss

    pushl %ebp
    movl 0(%ebp), %eax
    movl 4(%ebp), %ebx
    movl 8(%ebp), %ecx
    movl 12(%ebp), %edx
    movl 16(%ebp), %esi
    movl 20(%ebp), %edi
    sti
    jmp interrupt /* the processor fetches the changed byte after a jump */
interrupt:
    int $0
    cli
    cld
    popl %ebp /* this pop and the next lines leave the flags for pushfl */
    movl %eax, %ss:0(%ebp)
    movl %ebx, %ss:4(%ebp)
    movl %ecx, %ss:8(%ebp)
    movl %edx, %ss:12(%ebp)
    movl %esi, %ss:16(%ebp)
    movl %edi, %ss:20(%ebp)
    pushfl
    popl %ss:24(%ebp)

    xorw %ax, %ax
    movw %ax, %ds
    lgdt gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $1f
    .code32
1:  movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl saved_stack, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* void bios_enter_kernel(uint32_t entry, const struct pvh_start_info *start_info) */
    .globl bios_enter_kernel
bios_enter_kernel:
    movl 4(%esp), %eax
    movl 8(%esp), %ebx
    jmp *%eax

    .data
    .balign 8
gdt: /* null, then flat code and data with 32 bits, then code and data of 64 KiB with 16 bits */
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00009b000000ffff, 0x000093000000ffff
gdt_pointer:
    .word . - gdt - 1
    .long gdt
    .balign 4
saved_stack:
    .long 0
    .globl bios_drive
bios_drive:
    .byte 0
    .globl bios_sector_shift
bios_sector_shift:
    .byte 0
