/* probe.c: a PVH kernel that says on the serial port what a loader gave it, and whether it came in one piece. The exit
 * code is 0 if so.
 *
 * BULK is a file of any size whose 32-bit words count from 0, for loaders that fail with large kernels. */
#include <stddef.h>
#include <stdint.h>

#include "../../sdk/image/boot/pvh.h"
#include "mewz/channels.h"

void probe_main(const struct pvh_start_info *start_info);

__asm__(".section .note.pvh, \"a\", @note\n.balign 4\n.long 4, 4, 18\n.asciz \"Xen\"\n.long entry\n"
        ".text\n.globl entry\nentry: mov $stack_end, %esp\npush %ebx\ncall probe_main\n"
        ".bss\n.balign 16\n.skip 16384\nstack_end:\n"
        ".section .bulk, \"a\"\n.balign 4\nbulk: .incbin \"" BULK "\"\nbulk_end:\n.text\n");
extern const uint32_t bulk[], bulk_end[];

static volatile uint32_t zeros[65536];
static volatile uint32_t value = 0x12345678;
static volatile uint32_t far_value __attribute__((section(".far"))) = 0x600df00d;

static void port_write(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *text)
{
    for (; *text; text++)
        port_write(0x3f8, (uint8_t)*text);
}

static void print_number(const char *label, uint64_t value)
{
    char digits[] = "0x0000000000000000";
    for (int i = 17; i > 1; i--, value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    print(label);
    print(digits);
}

static _Noreturn void end(uint8_t code)
{
    port_write(MEWZ_EXIT_IOPORT, code);
    port_write(MEWZ_QUIT_IOPORT, 0);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void check(int condition, const char *what)
{
    if (condition)
        return;
    print("wrong: ");
    print(what);
    print("\n");
    end(1);
}

static void check_loaded(void)
{
    for (size_t i = 0; i < (size_t)(bulk_end - bulk); i++)
        check(bulk[i] == i, "the bulk");
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        check(zeros[i] == 0, "zeroed memory");
    check(value == 0x12345678, "data");
    check(far_value == 0x600df00d, "the segment behind the gap");
}

static void check_machine_state(void)
{
    uint32_t cr0, cr4, flags;
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("pushf; pop %0" : "=r"(flags));
    check((cr0 & 0x80000001) == 1, "CR0: protection without paging");
    check(cr4 == 0, "CR4: empty");
    check(!(flags & 0x200), "interrupts off");
}

void probe_main(const struct pvh_start_info *start_info)
{
    check(start_info->magic == PVH_MAGIC, "the magic of start_info");
    check_machine_state();
    check_loaded();
    const struct pvh_memory *memory = (const void *)(uint32_t)start_info->memory;
    for (uint32_t i = 0; i < start_info->memory_count; i++) {
        print_number("memory ", memory[i].address);
        print_number(" ", memory[i].size);
        print_number(" ", memory[i].type);
        print("\n");
    }
    print_number("rsdp ", start_info->rsdp);
    const char *rsdp = (const char *)(uint32_t)start_info->rsdp;
    if (rsdp) {
        print(" ");
        for (int i = 0; i < 8; i++)
            port_write(0x3f8, (uint8_t)rsdp[i]);
    }
    print("\nwhole\n");
    end(0);
}
