/* share.h: the server of a folder that a machine shares (virtiofsd), as a child process.
 *
 * The server and QEMU find each other through a socket without a name, so that nothing is left behind in any file
 * system. The server ends when QEMU does, and with this process, in whatever way that ends. */
#ifndef MACHINE_SHARE_H
#define MACHINE_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "machine/machine.h"

#define MACHINE_SHARE_PACKAGE "qemu-system-common"

enum share_end { SHARE_REQUESTS, SHARE_ALIVE, SHARE_ENDS };

struct share_server {
    pid_t pid;  /* 0: none */
    int errors; /* what it says, to read */
};

/* The server's program, or NULL. */
const char *share_find_server(void);

/* Starts the server of one folder; ends[SHARE_REQUESTS] is the socket for QEMU's vhost-user device, and
 * ends[SHARE_ALIVE] one whose other end is open as long as the server lives. For an
 * ordinary user it runs in a user namespace of its own, where files belong to that user. Read-only is enforced by a
 * read-only mount that only the server sees. Fails where the folder cannot be entered, there is no server, or the
 * system does not let an ordinary user make namespaces. */
int share_start(const struct machine_share *share, struct share_server *server, int ends[SHARE_ENDS], struct err *err);

/* Waits for the end of a server whose QEMU has ended. With `tell`, what it said goes to stderr. */
void share_end(struct share_server *server, bool tell);

#endif
