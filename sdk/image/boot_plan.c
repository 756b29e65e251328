#include "image/boot_plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/elf.h"

/* The note with a kernel's PVH entry point (Xen, public/elfnote.h). */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

static int find_entry(const struct elf *elf, const char *file, uint32_t *entry, struct err *err)
{
    size_t size = 0;
    const uint8_t *note = elf_find_note(elf, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &size);
    if (!note || size < sizeof *entry)
        return err_set(err, "%s: not a kernel: it has no PVH entry point", file);
    memcpy(entry, note, sizeof *entry); /* 4 or 8 bytes, of which the rest is zero */
    return 0;
}

static bool overlap(const struct boot_segment *a, const struct boot_segment *b)
{
    return a->address < (uint64_t)b->address + b->memory_size && b->address < (uint64_t)a->address + a->memory_size;
}

static int add_segment(struct boot_plan *plan, const char *file, const Elf64_Phdr *header, uint64_t offset,
                       struct err *err)
{
    uint64_t start = header->p_paddr, size = header->p_memsz;
    if (start < BOOT_MEMORY_START || start > BOOT_MEMORY_END || size > BOOT_MEMORY_END - start)
        return err_set(err,
                       "%s: segment at physical address 0x%" PRIx64 " with 0x%" PRIx64
                       " bytes: expected it between 0x%x and 0x%x",
                       file, start, size, BOOT_MEMORY_START, BOOT_MEMORY_END);
    if (header->p_filesz > size)
        return err_set(err, "%s: segment at physical address 0x%" PRIx64 ": larger in the file than in memory", file,
                       start);
    if (plan->segment_count == BOOT_SEGMENTS_MAX)
        return err_set(err, "%s: more than %d segments to load", file, BOOT_SEGMENTS_MAX);
    struct boot_segment segment = {
        .offset = offset + header->p_offset,
        .file_size = header->p_filesz,
        .address = (uint32_t)start,
        .memory_size = (uint32_t)size,
    };
    for (uint32_t i = 0; i < plan->segment_count; i++)
        if (overlap(&segment, &plan->segments[i]))
            return err_set(err, "%s: segment at physical address 0x%" PRIx64 ": overlaps another one", file, start);
    plan->segments[plan->segment_count++] = segment;
    return 0;
}

static bool is_loaded(const struct boot_plan *plan, uint32_t address)
{
    for (uint32_t i = 0; i < plan->segment_count; i++)
        if (address >= plan->segments[i].address && address - plan->segments[i].address < plan->segments[i].file_size)
            return true;
    return false;
}

int boot_plan_make(struct boot_plan *plan, const char *file, const uint8_t *bytes, size_t size, uint64_t offset,
                   struct err *err)
{
    struct elf elf;
    if (elf_open(&elf, file, bytes, size, err) != 0)
        return -1;
    *plan = (struct boot_plan){.magic = BOOT_PLAN_MAGIC, .kernel_offset = offset, .kernel_size = size};
    if (find_entry(&elf, file, &plan->entry, err) != 0)
        return -1;
    for (unsigned i = 0; i < elf.segment_count; i++) {
        Elf64_Phdr header = elf_segment(&elf, i).header;
        if (header.p_type == PT_LOAD && header.p_memsz && add_segment(plan, file, &header, offset, err) != 0)
            return -1;
    }
    if (!is_loaded(plan, plan->entry))
        return err_set(err, "%s: the PVH entry point 0x%" PRIx32 " is outside of its segments", file, plan->entry);
    return 0;
}
