/* mbr.S: the first sector. The BIOS loads it to 0x7c00 and enters it in real mode with the drive's number in DL; it
 * loads the plan and the BIOS stub behind itself and goes there. Bytes 440 and on belong to the partition table. */
#include <mewz/boot_plan.h>

    .code16
    .globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $_start, %sp
    ljmp $0, $1f /* some BIOSes enter at 0x7c0:0 */
1:  sti
    cld

    pushw %dx
    movw $packet, %si
    movb $0x42, %ah /* extended read (EDD-3, 8.14) */
    int $0x13
    popw %dx
    jc failed
    movb $BOOT_DISK_SECTOR_SHIFT, %cl
    ljmp $0, $BOOT_STUB_ADDRESS

failed:
    movw $message, %si
1:  lodsb
    testb %al, %al
    jz 2f
    movb $0x0e, %ah /* teletype output */
    movw $7, %bx
    int $0x10
    jmp 1b
2:  hlt
    jmp 2b

message:
    .asciz "mewz: the disk cannot be read\r\n"

    .balign 4
packet:
    .byte 16, 0
    .word BOOT_ESP_SECTOR - BOOT_PLAN_SECTOR
    .word BOOT_PLAN_ADDRESS, 0 /* offset, segment */
    .quad BOOT_PLAN_SECTOR

    .org 440
