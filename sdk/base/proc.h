/* proc.h: child processes and where the SDK's own files are. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Runs argv[0] (found on PATH) with its output captured, and waits. Where it exits with anything but 0 it fails with
 * the line of its stderr that says why. `package` is the Debian package that has the program, for the message where it
 * is missing. `output` may be NULL; it receives stdout. */
int proc_run(const char *const argv[], const char *package, struct buf *output, struct err *err);

/* Whether PATH has the program. */
bool proc_found(const char *program);

/* From now on proc_run prints each command line on stderr before it runs it. */
void proc_print_commands(void);

/* Prints a command line on stderr, quoted for a shell where it has to be. */
void proc_print_command(const char *const argv[]);

/* The path of a file of this SDK, such as sdk_file("lib/x86_64-mewz/link.ld"), found from the running program's own
 * path (PREFIX/bin/mewz-cc), so that an SDK may be moved. NULL if the file is not there. The caller frees it. */
char *sdk_file(const char *relative, struct err *err);

#endif
