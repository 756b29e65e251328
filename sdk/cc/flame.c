#include "cc/flame.h"

#include <stdlib.h>
#include <string.h>

struct flame_box {
    struct flame_frame frame;
    uint64_t count;
    struct flame_box *callees, *next; /* in the order of their names */
};

/* --- the tree --- */

static struct flame_box *box_new(const struct flame_frame *frame, struct flame_box *next, struct arena *arena)
{
    struct flame_box *box = arena_array(arena, 1, sizeof *box);
    *box = (struct flame_box){.frame = *frame, .next = next};
    return box;
}

static int compare(const struct flame_frame *a, const struct flame_frame *b)
{
    int order = strcmp(a->name, b->name);
    return order ? order : a->is_inlined - b->is_inlined;
}

static struct flame_box *find_callee(struct flame_box *box, const struct flame_frame *frame, struct arena *arena)
{
    struct flame_box **at = &box->callees;
    while (*at && compare(&(*at)->frame, frame) < 0)
        at = &(*at)->next;
    if (!*at || compare(&(*at)->frame, frame) != 0)
        *at = box_new(frame, *at, arena);
    return *at;
}

void flame_add(struct flame *flame, const struct flame_frame *frames, size_t depth, uint32_t count)
{
    if (!flame->root)
        flame->root = box_new(&(struct flame_frame){.name = "all"}, NULL, flame->arena);
    struct flame_box *box = flame->root;
    box->count += count;
    for (size_t i = 0; i < depth; i++) {
        box = find_callee(box, &frames[i], flame->arena);
        box->count += count;
    }
}

/* --- the picture; all numbers are pixels --- */

#define WIDTH       1200.0
#define MARGIN      10.0
#define TITLE       34.0
#define ROW         17.0
#define LETTER      6.7 /* of the font below, and a little room */
#define NARROWEST   0.2 /* that is worth a box */
#define DEPTH_LIMIT 512

struct picture {
    struct buf *svg;
    double bottom;
    uint64_t total;
};

static size_t depth_of(const struct flame_box *box)
{
    size_t deepest = 0;
    for (const struct flame_box *callee = box->callees; callee; callee = callee->next) {
        size_t depth = depth_of(callee);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void write_escaped(struct buf *svg, const char *text, size_t length)
{
    for (size_t i = 0; i < length && text[i]; i++) {
        static const char *const entities[] = {['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;"};
        unsigned char c = (unsigned char)text[i];
        if (c < sizeof entities / sizeof *entities && entities[c])
            buf_printf(svg, "%s", entities[c]);
        else if (c >= ' ' && c < 0x7f)
            buf_printf(svg, "%c", c);
        else
            buf_printf(svg, "?"); /* a name of a module's may be anything */
    }
}

/* The same name has the same colour, wherever it is. */
static void write_colour(struct buf *svg, const struct flame_frame *frame)
{
    unsigned sum = 0;
    for (const char *c = frame->name; *c; c++)
        sum = sum * 31 + (unsigned char)*c;
    unsigned hue = frame->is_kernel ? 200 + sum % 20 : 20 + sum % 35;
    buf_printf(svg, "hsl(%u,%u%%,%u%%)", hue, frame->is_kernel ? 50 : 85, frame->is_inlined ? 78 : 66);
}

static void write_box(const struct picture *picture, const struct flame_box *box, double x, double width, size_t row)
{
    struct buf *svg = picture->svg;
    double y = picture->bottom - (double)(row + 1) * ROW;
    size_t letters = width > 3 * LETTER ? (size_t)((width - 4) / LETTER) : 0;
    buf_printf(svg, "<g><title>");
    write_escaped(svg, box->frame.name, SIZE_MAX);
    buf_printf(svg,
               "%s: %lu samples, %.2f %%</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" fill=\"",
               box->frame.is_inlined ? " (inlined)" : "", box->count,
               100.0 * (double)box->count / (double)picture->total, x, y, width, ROW - 1);
    write_colour(svg, &box->frame);
    buf_printf(svg, "\"/>");
    if (letters) {
        bool fits = strlen(box->frame.name) <= letters;
        buf_printf(svg, "<text x=\"%.2f\" y=\"%.1f\">", x + 2, y + 12);
        write_escaped(svg, box->frame.name, fits ? letters : letters - 2);
        buf_printf(svg, "%s</text>", fits ? "" : "..");
    }
    buf_printf(svg, "</g>\n");
}

static void write_boxes(const struct picture *picture, const struct flame_box *box, double x, size_t row)
{
    double pixels = (WIDTH - 2 * MARGIN) / (double)picture->total;
    double width = (double)box->count * pixels;
    if (width < NARROWEST || row > DEPTH_LIMIT)
        return;
    write_box(picture, box, x, width, row);
    for (const struct flame_box *callee = box->callees; callee; callee = callee->next) {
        write_boxes(picture, callee, x, row + 1);
        x += (double)callee->count * pixels;
    }
}

void flame_write(struct flame *flame, const char *title, struct buf *svg)
{
    struct picture picture = {svg, TITLE + MARGIN, flame->root ? flame->root->count : 0};
    if (flame->root)
        picture.bottom += (double)depth_of(flame->root) * ROW;
    buf_printf(svg,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
               "font-family=\"monospace\" font-size=\"11\">\n"
               "<style>g:hover rect { stroke: black }</style>\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"%.0f\" y=\"20\" font-size=\"14\">",
               WIDTH, picture.bottom + MARGIN, WIDTH, picture.bottom + MARGIN, MARGIN);
    write_escaped(svg, title, SIZE_MAX);
    buf_printf(svg, "</text>\n");
    if (picture.total)
        write_boxes(&picture, flame->root, MARGIN, 0);
    buf_printf(svg, "</svg>\n");
}
