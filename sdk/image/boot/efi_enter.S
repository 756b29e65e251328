/* efi_enter.S: from UEFI's 64-bit mode into the kernel.
 *
 * void efi_enter(const struct efi_handoff *handoff)
 *
 * The code from efi_enter to efi_enter_end is copied to memory below 4 GiB, beside `handoff` (efi.c), and runs there
 * after ExitBootServices. It leaves long mode before it moves the kernel to its place, because that may overwrite the
 * firmware's page tables, its stack and whatever else was its own. */
    .set CODE32, 0x08
    .set DATA32, 0x10
    .set EFER, 0xc0000080
    .set CR0_PE_ET, 0x11
    .set CR4_PCIDE_CET, 1 << 17 | 1 << 23

    .text
    .code64
    .globl efi_enter, efi_enter_end
efi_enter:
    cli
    cld
    movl %ecx, %ebp

    /* These two forbid what comes below: to end paging, and to clear CR0.WP (Intel SDM 3, 2.5). */
    movq %cr4, %rax
    andl $~(CR4_PCIDE_CET), %eax
    movq %rax, %cr4

    subq $16, %rsp
    leaq gdt(%rip), %rax
    movw $(gdt_end - gdt - 1), (%rsp)
    movq %rax, 2(%rsp)
    lgdt (%rsp)
    leaq 1f(%rip), %rax
    pushq $CODE32
    pushq %rax
    lretq

    /* From here on there is no stack. Long mode is left as in Intel SDM 3, 10.8.5.4. */
    .code32
1:  movl $DATA32, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $CR0_PE_ET, %eax
    movl %eax, %cr0
    movl $EFER, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    movl %eax, %cr4

    movl 0(%ebp), %eax
    movl 4(%ebp), %ebx
    movl 8(%ebp), %esi
    movl 12(%ebp), %edi
    movl 16(%ebp), %ecx
    rep movsl
    jmp *%eax

    .balign 8
gdt: /* null, flat code, flat data; marked as accessed, so that the processor need not write here */
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
efi_enter_end:
