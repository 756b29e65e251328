/* slices.h: what a device does with the slices of a request. */
#ifndef SLICES_H
#define SLICES_H

#include <string.h>

#include "dev/virtq.h"

/* Takes bytes out of slices, or lays them in, as many as there is room for; returns how many. */
static inline size_t slices_carry(const struct virtq_slice *slices, unsigned count, char *bytes, size_t size, bool out)
{
    size_t done = 0;
    for (unsigned i = 0; i < count && done < size; i++) {
        size_t part = size - done < slices[i].size ? size - done : slices[i].size;
        memcpy(out ? bytes + done : (char *)slices[i].address, out ? (char *)slices[i].address : bytes + done, part);
        done += part;
    }
    return done;
}

#endif
