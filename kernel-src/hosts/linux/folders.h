/* folders.h: the folders that the program is given, on Linux.
 *
 * They are the setting `dir` (mewz/config.h), baked in when the executable was built. The process's environment
 * variable MEWZ_DIRS, if it is there, has others in their place: HOST:GUEST[:ro], with commas between them. */
#ifndef LINUX_FOLDERS_H
#define LINUX_FOLDERS_H

#include <stdbool.h>
#include <stdint.h>

struct folder {
    const char *path; /* on Linux; relative to where the process was started if it does not begin with a slash */
    const char *name; /* the program's */
    bool is_read_only;
};

/* The folder number `index`; false behind the last one. Ends the process where one cannot be understood. */
bool folder_get(uint32_t index, struct folder *folder);

#endif
