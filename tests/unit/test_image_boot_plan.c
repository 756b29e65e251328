/* From a kernel's ELF file to the boot plan; files that are no kernels; finding the kernel in an image again. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "image/boot_plan.h"
#include "image/image.h"

/* The smallest kernel: code and zeroed memory, a second segment, the note. */
struct kernel {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    struct {
        Elf64_Nhdr header;
        char name[4];
        uint32_t entry;
    } note;
    uint8_t code[64];
};

static struct kernel make_kernel(void)
{
    struct kernel kernel = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_phoff = offsetof(struct kernel, segments),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 3},
        .note = {{4, 4, 18}, "Xen", 0x100010},
    };
    kernel.segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_offset = offsetof(struct kernel, code),
                                      .p_vaddr = 0xffffffff80100000,
                                      .p_paddr = 0x100000,
                                      .p_filesz = 64,
                                      .p_memsz = 0x2000};
    kernel.segments[1] = kernel.segments[0];
    kernel.segments[1].p_paddr = 0x102000;
    kernel.segments[2] = (Elf64_Phdr){.p_type = PT_NOTE,
                                      .p_offset = offsetof(struct kernel, note),
                                      .p_filesz = sizeof kernel.note,
                                      .p_memsz = sizeof kernel.note};
    return kernel;
}

static int make(const struct kernel *kernel, size_t size, struct boot_plan *plan, struct err *err)
{
    *err = (struct err){0};
    uint8_t *bytes = malloc(size); /* of this very size, so that a read beyond is seen */
    memcpy(bytes, kernel, size);
    int result = boot_plan_make(plan, "k.elf", bytes, size, 0x10000, err);
    free(bytes);
    return result;
}

static void check_refused(const struct kernel *kernel, const char *why)
{
    struct boot_plan plan;
    struct err err;
    CHECK(make(kernel, sizeof *kernel, &plan, &err) != 0);
    if (!strstr(err.text, why))
        fprintf(stderr, "expected \"%s\" in: %s\n", why, err.text);
    CHECK(strstr(err.text, why) && strstr(err.text, "k.elf"));
}

static void test_plan(void)
{
    struct kernel kernel = make_kernel();
    struct boot_plan plan;
    struct err err;
    CHECK(make(&kernel, sizeof kernel, &plan, &err) == 0);
    CHECK(plan.magic == BOOT_PLAN_MAGIC && plan.entry == 0x100010 && plan.segment_count == 2);
    CHECK(plan.kernel_offset == 0x10000 && plan.kernel_size == sizeof kernel);
    CHECK(plan.segments[0].offset == 0x10000 + offsetof(struct kernel, code));
    CHECK(plan.segments[0].address == 0x100000 && plan.segments[0].file_size == 64);
    CHECK(plan.segments[0].memory_size == 0x2000 && plan.segments[1].address == 0x102000);
}

static void test_refused(void)
{
    struct kernel kernel = make_kernel();
    kernel.segments[2].p_type = PT_NULL;
    check_refused(&kernel, "no PVH entry point");

    kernel = make_kernel();
    kernel.note.entry = 0x200000;
    check_refused(&kernel, "entry point 0x200000");

    kernel = make_kernel();
    kernel.segments[0].p_paddr = 0x8000;
    check_refused(&kernel, "physical address 0x8000");

    kernel = make_kernel();
    kernel.segments[1].p_paddr = UINT64_MAX - 0xfff;
    check_refused(&kernel, "expected it between");

    kernel = make_kernel();
    kernel.segments[1].p_memsz = UINT64_MAX;
    check_refused(&kernel, "expected it between");

    kernel = make_kernel();
    kernel.segments[1].p_paddr = 0x101fff;
    check_refused(&kernel, "overlaps");

    kernel = make_kernel();
    kernel.segments[1].p_memsz = 63;
    check_refused(&kernel, "larger in the file");
}

/* Every cut of the file is refused; the sanitizers watch that nothing beyond it is read. */
static void test_truncated(void)
{
    struct kernel kernel = make_kernel();
    struct boot_plan plan;
    struct err err;
    for (size_t size = 0; size < offsetof(struct kernel, code) + sizeof kernel.code; size++)
        CHECK(make(&kernel, size, &plan, &err) != 0 && err.set);
}

static void test_find(void)
{
    static uint8_t image[65536];
    struct boot_plan plan = {.magic = BOOT_PLAN_MAGIC, .kernel_offset = 40960, .kernel_size = 24576};
    unsigned long offset = 0, size = 0;
    CHECK(image_find_kernel(image, sizeof image, &offset, &size) != 0);
    memcpy(image + BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, &plan, sizeof plan);
    CHECK(image_find_kernel(image, sizeof image, &offset, &size) == 0 && offset == 40960 && size == 24576);
    CHECK(image_find_kernel(image, sizeof image - 1, &offset, &size) != 0);
    CHECK(image_find_kernel(image, 20480 + 511, &offset, &size) != 0);
    CHECK(image_find_kernel(image, 0, &offset, &size) != 0);
    plan.kernel_size = UINT64_MAX;
    memcpy(image + BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, &plan, sizeof plan);
    CHECK(image_find_kernel(image, sizeof image, &offset, &size) != 0);
}

int main(void)
{
    test_plan();
    test_refused();
    test_truncated();
    test_find();
    return 0;
}
