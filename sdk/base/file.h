/* file.h: whole files in and out, outputs that appear complete or not at all, and temporary folders. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A file's bytes, mapped read-only. Also reads what cannot be mapped (a pipe, /dev/stdin) into memory. */
struct file {
    const uint8_t *data;
    size_t size;
};
int file_read(struct file *file, const char *path, struct err *err);
void file_close(struct file *file);

/* Makes `to` a copy of the file `from`. */
int file_copy(const char *from, const char *to, struct err *err);

/* Writes a whole file, which may be there already. */
int file_write(const char *path, const void *bytes, size_t size, struct err *err);

/* Writes to a part of a file that has only zeroes yet, and leaves out what is zero, as holes, so that the file may stay
 * shorter. -1 with errno set. */
int file_write_sparse(int fd, uint64_t position, const void *bytes, size_t size);

/* An output that is not there until it is whole: `path` here is a temporary name in the target's own folder, which
 * the caller writes, by itself or through another program; output_commit renames it to the target, output_discard
 * removes it (and does nothing after a commit). A target that is not a regular file (/dev/stdout) gets the whole
 * content at the commit. A signal that ends the process removes what was begun. */
struct output {
    char *path;     /* write here */
    char *target;   /* becomes this */
    bool is_stream; /* the target is not a regular file */
};
int output_begin(struct output *output, const char *target, struct err *err);
int output_write(struct output *output, const void *bytes, size_t size, struct err *err); /* the whole content */
int output_commit(struct output *output, struct err *err);
void output_discard(struct output *output);

/* A temporary folder, removed with all that is in it by temp_dir_remove and when a signal ends the process. */
struct temp_dir {
    char *path;
};
int temp_dir_make(struct temp_dir *dir, struct err *err);
void temp_dir_remove(struct temp_dir *dir);

#endif
