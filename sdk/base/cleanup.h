/* cleanup.h: what must not outlive the process, however it ends (SIGKILL excepted): unfinished outputs, temporary
 * folders, child processes. A signal that ends the process first ends the children, so that none of them writes
 * anew what is removed then. Any thread may call these. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <sys/types.h>

/* Has the file or the folder, with all that is in it, removed at the process's end. Takes `path` over, which is on the
 * heap. */
void cleanup_add_path(char *path);

/* The path stays, or has been removed. Frees it. */
void cleanup_forget_path(char *path);

/* Removes the file or folder now, and frees the path. */
void cleanup_remove_path(char *path);

/* Has the child ended, and waited for, at this process's end, before paths are removed; unless it is forgotten. */
void cleanup_add_child(pid_t child);

/* To be called before the child is waited for: from then on its number may be another process's. Where this process's
 * end has come first, it has the child, and this does not return. */
void cleanup_forget_child(pid_t child);

/* Ends the process at once, with that line on stderr, whatever other threads do. Of several that call it only the first
 * one is heard. Allocates nothing. */
_Noreturn void cleanup_end(int status, const char *line);

#endif
