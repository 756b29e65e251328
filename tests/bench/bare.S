/* bare.S: the least that QEMU boots by PVH. Writes one byte to the serial port and resets the machine: the floor that
 * the start of a real kernel is compared with. */
        .section .note.pvh, "a"
        .long 4, 4, 18          /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .long entry

        .text
        .code32
        .globl entry
entry:  movw $0x3f8, %dx
        movb $'x', %al
        outb %al, %dx
        movb $0xfe, %al         /* the keyboard controller's reset line */
        outb %al, $0x64
        lidt empty
        ud2                     /* where there is none: a triple fault */
empty:  .space 6
