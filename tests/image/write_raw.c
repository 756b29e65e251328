/* write_raw.c: `write_raw KERNEL IMAGE`: image_write_raw for kernels that mewz-cc did not link. */
#include <stdio.h>

#include "image/image.h"

int main(int argc, char **argv)
{
    struct err err = {0};
    struct image_options options = {0};
    if (argc == 3 && image_write_raw(argv[1], &options, argv[2], &err) == 0)
        return 0;
    fprintf(stderr, "%s\n", err.set ? err.text : "usage: write_raw KERNEL IMAGE");
    return 1;
}
