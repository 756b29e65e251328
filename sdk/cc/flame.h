/* flame.h: a flame graph: where the time of many samples of a stack went, as a picture.
 *
 * A box is a function in one place of the tree of calls; what it called lies on it, and its width is its share of all
 * samples, with what it called. Boxes that lie on the same one are in the order of their names. */
#ifndef CC_FLAME_H
#define CC_FLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct flame_frame {
    const char *name;
    bool is_kernel;  /* painted blue; else warm */
    bool is_inlined; /* painted lighter: it is part of the code of the one below */
};

struct flame {
    struct flame_box *root; /* NULL where there is nothing yet */
    struct arena *arena;
};

/* Adds `count` samples of a stack, its outermost frame first. The names stay the caller's, for as long as the graph. */
void flame_add(struct flame *flame, const struct flame_frame *frames, size_t depth, uint32_t count);

/* The graph as an SVG that needs nothing else; the title stands above it, and what a box is shows under the mouse. */
void flame_write(struct flame *flame, const char *title, struct buf *svg);

#endif
