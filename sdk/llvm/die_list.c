/* die_list.c: lists of address ranges and of places (DWARF 4, sections 2.6.2 and 2.17.3; DWARF 5, sections 7.7.3 and
 * 7.25). */
#include "llvm/die_unit.h"

static bool open_single(struct die_list *list, const struct die *die)
{
    struct attribute attribute;
    uint64_t low, high;

    if (!die_number(die, DW_AT_low_pc, &low) || !die_number(die, DW_AT_high_pc, &high) ||
        !die_find(die, DW_AT_high_pc, &attribute))
        return false;
    list->is_single = true;
    list->begin = low;
    list->end = attribute.form == DW_FORM_addr || die_is_address_index(attribute.form) ? high : low + high;
    return true;
}

bool die_list_open(struct die_list *list, const struct die *die, unsigned name)
{
    const struct die_info *info = die->reader->info;
    bool is_place = name == DW_AT_location, is_new = die->unit->dwarf.version >= 5;
    struct attribute attribute;
    uint64_t offset, base;

    *list = (struct die_list){.unit = die->unit, .info = info, .has_blocks = is_place, .base = die->unit->low_pc};
    if (!die_number(die, name, &offset) || !die_find(die, name, &attribute))
        return !is_place && open_single(list, die);
    if (is_place)
        list->bytes = is_new ? info->location_lists : info->locations;
    else
        list->bytes = is_new ? info->range_lists : info->ranges;
    if (attribute.form == DW_FORM_loclistx || attribute.form == DW_FORM_rnglistx) {
        base = is_place ? die->unit->location_base : die->unit->range_base;
        offset = base + die_read_entry(list->bytes, base, offset);
    }
    dwarf_read_part(&list->bytes, offset);
    return !list->bytes.failed;
}

static bool next_old(struct die_list *list, uint64_t *begin, uint64_t *end)
{
    for (;;) {
        *begin = dwarf_read_number(&list->bytes, 4);
        *end = dwarf_read_number(&list->bytes, 4);
        if (*begin == 0 && *end == 0)
            return false; /* behind the section's end too */
        if (*begin != UINT32_MAX)
            break;
        list->base = *end;
    }
    *begin += list->base;
    *end += list->base;
    return true;
}

static uint64_t next_address(struct die_list *list)
{
    return die_read_address(list->info, list->unit, dwarf_read_uleb(&list->bytes));
}

/* The kinds of entries, as lists of places number them; those of ranges have none for a default. */
enum {
    LLE_BASE_ADDRESSX = 1,
    LLE_STARTX_ENDX,
    LLE_STARTX_LENGTH,
    LLE_OFFSET_PAIR,
    LLE_DEFAULT,
    LLE_BASE_ADDRESS,
    LLE_START_END,
    LLE_START_LENGTH,
};

static bool next_new(struct die_list *list, uint64_t *begin, uint64_t *end)
{
    for (;;) {
        uint64_t kind = dwarf_read_number(&list->bytes, 1);

        if (!list->has_blocks && kind >= LLE_DEFAULT)
            kind++;
        switch (kind) {
        case LLE_BASE_ADDRESSX:
            list->base = next_address(list);
            continue;
        case LLE_BASE_ADDRESS:
            list->base = dwarf_read_number(&list->bytes, 4);
            continue;
        case LLE_OFFSET_PAIR:
            *begin = list->base + dwarf_read_uleb(&list->bytes);
            *end = list->base + dwarf_read_uleb(&list->bytes);
            return true;
        case LLE_STARTX_ENDX:
            *begin = next_address(list);
            *end = next_address(list);
            return true;
        case LLE_STARTX_LENGTH:
            *begin = next_address(list);
            *end = *begin + dwarf_read_uleb(&list->bytes);
            return true;
        case LLE_START_END:
            *begin = dwarf_read_number(&list->bytes, 4);
            *end = dwarf_read_number(&list->bytes, 4);
            return true;
        case LLE_START_LENGTH:
            *begin = dwarf_read_number(&list->bytes, 4);
            *end = *begin + dwarf_read_uleb(&list->bytes);
            return true;
        default:
            return false;
        }
    }
}

bool die_list_next(struct die_list *list, uint64_t *begin, uint64_t *end, struct dwarf_bytes *block)
{
    bool is_new = list->unit->dwarf.version >= 5;

    if (list->is_single) {
        *begin = list->begin;
        *end = list->end;
        list->is_single = false;
        list->bytes = (struct dwarf_bytes){.at = list->info->info.end, .end = list->info->info.end};
        return true;
    }
    if (!(is_new ? next_new(list, begin, end) : next_old(list, begin, end)))
        return false;
    if (list->has_blocks)
        *block =
            dwarf_read_part(&list->bytes, is_new ? dwarf_read_uleb(&list->bytes) : dwarf_read_number(&list->bytes, 2));
    return !list->bytes.failed;
}
