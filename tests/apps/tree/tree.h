/* tree.h: what the program does with folders. Each prints what failed, and ends the program. */
#ifndef TREE_H
#define TREE_H

#include <dirent.h>

#define PATH_SIZE 4096

/* Prints the folder's tree object, as `git write-tree` names it: SHA-1 of sorted entries, of files and of folders. */
void tree_hash(const char *folder);

/* Writes the folder as a tar archive (POSIX ustar) to stdout. */
void tree_pack(const char *folder);

/* Makes the folder from such an archive on stdin. */
void tree_unpack(const char *folder);

_Noreturn void fail(const char *what);

/* "FOLDER/NAME" into `path` of PATH_SIZE bytes. */
void join(char *path, const char *folder, const char *name);

/* The next entry but `.` and `..`; NULL at the end. */
struct dirent *next_entry(DIR *folder, const char *path);

#endif
