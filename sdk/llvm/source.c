/* source.c: see source.h. elfutils' libdw reads DWARF, in ELF files: the sections go to it in such a file. */
#include "llvm/source.h"

#include <elf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static bool is_dwarf(const struct wasm_custom *custom)
{
    return custom->name.size > 7 && memcmp(custom->name.bytes, ".debug_", 7) == 0;
}

static void add_section(struct buf *headers, struct buf *names, uint32_t type, const char *name, uint32_t name_size,
                        uint32_t offset, uint32_t size)
{
    Elf32_Shdr header = {.sh_name = (uint32_t)names->size, .sh_type = type, .sh_offset = offset, .sh_size = size};

    header.sh_addralign = 1;
    buf_append(headers, &header, sizeof(header));
    buf_append(names, name, name_size);
    buf_byte(names, 0);
}

/* An ELF file with the module's bytes, of which the DWARF sections are parts. */
static void make_elf(const struct wasm_module *wasm, struct buf *elf)
{
    struct buf headers = {0}, names = {0};
    Elf32_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_version = EV_CURRENT,
                         .e_ehsize = sizeof(Elf32_Ehdr),
                         .e_shentsize = sizeof(Elf32_Shdr)};
    uint32_t names_at = sizeof(header) + wasm->size;

    add_section(&headers, &names, SHT_NULL, "", 0, 0, 0);
    for (uint32_t i = 0; i < wasm->custom_count; i++) {
        const struct wasm_custom *custom = &wasm->customs[i];

        if (is_dwarf(custom))
            add_section(&headers, &names, SHT_PROGBITS, custom->name.bytes, custom->name.size,
                        sizeof(header) + custom->offset, custom->size);
    }
    add_section(&headers, &names, SHT_STRTAB, "", 0, names_at, (uint32_t)names.size + 1);
    header.e_shnum = (uint16_t)(headers.size / sizeof(Elf32_Shdr));
    header.e_shstrndx = header.e_shnum - 1;
    header.e_shoff = (uint32_t)((names_at + names.size + 15) / 16 * 16);
    buf_append(elf, &header, sizeof(header));
    buf_append(elf, wasm->bytes, wasm->size);
    buf_append(elf, names.data, names.size);
    buf_extend(elf, header.e_shoff - elf->size);
    buf_append(elf, headers.data, headers.size);
    buf_free(&headers);
    buf_free(&names);
}

/* Where the code section's content begins, and its size. */
static struct wasm_section code_section(const struct wasm_module *wasm)
{
    enum { CODE = 10 };

    for (uint32_t i = 0; i < wasm->section_count; i++)
        if (wasm->sections[i].id == CODE)
            return wasm->sections[i];
    return (struct wasm_section){0};
}

struct reading {
    const struct wasm_module *wasm;
    struct wasm_section code;
    struct arena *arena;
    struct buf files; /* const char * */
    struct buf rows;  /* struct source_row */
};

static void add_files(struct reading *reading, Dwarf_Files *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = dwarf_filesrc(files, i, NULL, NULL);
        const char *copy = name ? arena_copy_string(reading->arena, name, strlen(name)) : "?";

        buf_append(&reading->files, &copy, sizeof(copy));
    }
}

/* Whether the linker left the line's function out: then it lies at 0, or beyond all code. */
static bool is_dropped(const struct reading *reading, Dwarf_Addr address)
{
    return address == 0 || address > reading->code.size;
}

static void add_line(struct reading *reading, Dwarf_Line *line, uint32_t first_file)
{
    struct source_row row = {0};
    Dwarf_Addr address;
    Dwarf_Files *files;
    size_t file;
    int number = 0, column = 0;
    bool is_end = false;

    if (dwarf_lineaddr(line, &address) != 0 || is_dropped(reading, address))
        return;
    row.offset = reading->code.offset + (uint32_t)address;
    if (dwarf_lineendsequence(line, &is_end) == 0 && !is_end && dwarf_lineno(line, &number) == 0 && number > 0 &&
        dwarf_line_file(line, &files, &file) == 0) {
        row.line = (uint32_t)number;
        row.file = first_file + (uint32_t)file;
        if (dwarf_linecol(line, &column) == 0 && column > 0)
            row.column = (uint32_t)column;
    }
    buf_append(&reading->rows, &row, sizeof(row));
}

static void add_unit(struct reading *reading, Dwarf_Die *unit)
{
    uint32_t first_file = (uint32_t)(reading->files.size / sizeof(char *));
    Dwarf_Files *files;
    Dwarf_Lines *lines;
    size_t file_count, line_count;

    if (dwarf_getsrcfiles(unit, &files, &file_count) != 0 || dwarf_getsrclines(unit, &lines, &line_count) != 0)
        return;
    add_files(reading, files, file_count);
    for (size_t i = 0; i < line_count; i++)
        add_line(reading, dwarf_onesrcline(lines, i), first_file);
}

static void read_units(struct reading *reading, Dwarf *dwarf)
{
    Dwarf_Off offset = 0, next;
    size_t header_size;
    Dwarf_Die unit;

    while (dwarf_nextcu(dwarf, offset, &next, &header_size, NULL, NULL, NULL) == 0) {
        if (dwarf_offdie(dwarf, offset + header_size, &unit))
            add_unit(reading, &unit);
        offset = next;
    }
}

/* By offset; the end of one function before the begin of the next. */
static int compare_rows(const void *a, const void *b)
{
    const struct source_row *left = a, *right = b;

    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return (left->line != 0) - (right->line != 0);
}

static void *take(struct buf *buf, struct arena *arena)
{
    void *copy = arena_alloc(arena, buf->size);

    if (buf->size > 0)
        memcpy(copy, buf->data, buf->size);
    buf_free(buf);
    return copy;
}

struct source *source_read(const struct wasm_module *wasm, struct arena *arena)
{
    struct reading reading = {.wasm = wasm, .code = code_section(wasm), .arena = arena};
    struct source *source = arena_alloc(arena, sizeof(*source));
    struct buf image = {0};
    Elf *elf;
    Dwarf *dwarf;

    make_elf(wasm, &image);
    elf_version(EV_CURRENT);
    elf = elf_memory((char *)image.data, image.size);
    dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    if (dwarf) {
        read_units(&reading, dwarf);
        dwarf_end(dwarf);
    }
    elf_end(elf);
    buf_free(&image);
    source->file_count = (uint32_t)(reading.files.size / sizeof(char *));
    source->row_count = (uint32_t)(reading.rows.size / sizeof(struct source_row));
    source->files = take(&reading.files, arena);
    source->rows = take(&reading.rows, arena);
    if (source->row_count > 0)
        qsort(source->rows, source->row_count, sizeof(*source->rows), compare_rows);
    return source;
}

const struct source_row *source_find(const struct source *source, uint32_t offset)
{
    uint32_t low = 0, high = source->row_count; /* rows before `low` begin at or below the offset */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (source->rows[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && source->rows[low - 1].line > 0 ? &source->rows[low - 1] : NULL;
}
