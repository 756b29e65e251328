/* entry.S: from the boot loader to C.
 *
 * PVH (QEMU's -kernel, Firecracker, our own boot stubs) and Multiboot2 (GRUB) both enter here in 32-bit protected
 * mode without paging. EAX says who it was, EBX is the physical address of what they tell; both go on to kernel_main.
 * The page tables made here only carry us to map_init: the first 4 GiB, at 0 and in the direct map, and the kernel at
 * its linked address. */

#include <mewz/channels.h>

#include "arch/x86_64/layout.h"

#define PHYSICAL(symbol) (symbol - LAYOUT_KERNEL_BASE)

#define PAGE_PRESENT_WRITE 0x03
#define PAGE_LARGE         0x80

#define CR4_PAE  0x20
#define EFER     0xc0000080
#define EFER_LME_NXE 0x900
#define CPUID_LONG_MODE_AND_NX 0x20100000
#define CR0_PG_WP_NE_ET_MP_PE 0x80010033

/* --- PVH: an ELF note with the physical entry address (Xen's include/public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY) --- */

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .long PHYSICAL(boot_entry)

/* --- Multiboot2 header, section 3.1: checksum, entry address tag (the ELF's own entry is virtual), end tag --- */

    .section .boot.header, "a"
    .balign 8
multiboot_header:
    .long 0xe85250d6, 0, multiboot_end - multiboot_header
    .long -(0xe85250d6 + (multiboot_end - multiboot_header))
    .short 3, 0
    .long 12, PHYSICAL(boot_entry), 0
    .short 0, 0
    .long 8
multiboot_end:

/* --- entry --- */

    .section .boot.text, "ax"
    .code32
    .global boot_entry
boot_entry:
    cli
    cld
    mov     $PHYSICAL(boot_stack_top), %esp
    mov     %eax, %edi
    mov     %ebx, %esi

    mov     $0x80000001, %eax
    cpuid
    and     $CPUID_LONG_MODE_AND_NX, %edx
    cmp     $CPUID_LONG_MODE_AND_NX, %edx
    jne     unfit

    movl    $PHYSICAL(boot_pdpt) + PAGE_PRESENT_WRITE, PHYSICAL(boot_pml4)
    movl    $PHYSICAL(boot_pdpt) + PAGE_PRESENT_WRITE, PHYSICAL(boot_pml4) + 8 * 256
    movl    $PHYSICAL(boot_pdpt) + PAGE_PRESENT_WRITE, PHYSICAL(boot_pml4) + 8 * 511
    /* The directories of the first 4 GiB; the first one again at the end of the table, for the kernel's 1 GiB. */
    mov     $PHYSICAL(boot_directories) + PAGE_PRESENT_WRITE, %eax
    mov     %eax, PHYSICAL(boot_pdpt) + 8 * 511
    xor     %ecx, %ecx
1:  mov     %eax, PHYSICAL(boot_pdpt)(, %ecx, 8)
    add     $4096, %eax
    inc     %ecx
    cmp     $4, %ecx
    jb      1b
    mov     $PAGE_PRESENT_WRITE + PAGE_LARGE, %eax
    xor     %ecx, %ecx
2:  mov     %eax, PHYSICAL(boot_directories)(, %ecx, 8)
    add     $0x200000, %eax
    inc     %ecx
    cmp     $4 * 512, %ecx
    jb      2b

    mov     $CR4_PAE, %eax
    mov     %eax, %cr4
    mov     $PHYSICAL(boot_pml4), %eax
    mov     %eax, %cr3
    mov     $EFER, %ecx
    rdmsr
    or      $EFER_LME_NXE, %eax
    wrmsr
    mov     $CR0_PG_WP_NE_ET_MP_PE, %eax
    mov     %eax, %cr0
    lgdt    PHYSICAL(boot_gdt_pointer)
    ljmp    $8, $PHYSICAL(enter_long)

/* Says on the serial port why, and ends a machine that listens (mewz/channels.h). */
unfit:
    mov     $PHYSICAL(unfit_text), %esi
    mov     $0x3f8, %dx
3:  lodsb
    test    %al, %al
    jz      4f
    out     %al, (%dx)
    jmp     3b
4:  mov     $MEWZ_EXIT_PANIC, %al
    mov     $MEWZ_EXIT_IOPORT, %dx
    out     %al, (%dx)
    mov     $MEWZ_QUIT_IOPORT, %dx
    out     %al, (%dx)
5:  hlt
    jmp     5b
unfit_text:
    .asciz "panic: cpu: no 64-bit mode or no NX\n"

    .code64
enter_long:
    movabs  $enter_high, %rax
    jmp     *%rax
enter_high:
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    lea     boot_stack_top(%rip), %rsp
    xor     %ebp, %ebp
    mov     %edi, %edi
    mov     %esi, %esi
    call    kernel_main
    ud2

    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff
boot_gdt_pointer:
    .short 15
    .long PHYSICAL(boot_gdt)

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_directories:
    .skip 4 * 4096
boot_stack:
    .skip 8192
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
