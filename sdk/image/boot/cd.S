/* cd.S: the first sector of an ISO's boot image. The BIOS loads that image to 0x7c00 whole, this, the plan and the BIOS
 * stub, which then lie where mbr.S would have put them, and enters it with the drive's number in DL (El Torito 1.0). */
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
    movb $BOOT_CD_SECTOR_SHIFT, %cl
    ljmp $0, $BOOT_STUB_ADDRESS

    .org BOOT_SECTOR_SIZE
