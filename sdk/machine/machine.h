/* machine.h: start a virtual machine with a program in it, and wait for its end. */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "link/link.h"
#include "machine/metrics.h"
#include "machine/profile.h"

#define MACHINE_MEMORY_MIB 512 /* the size of a machine where none is asked for */

enum machine_boot { MACHINE_BOOT_ELF, MACHINE_BOOT_DISK };
enum machine_accel { MACHINE_ACCEL_AUTO, MACHINE_ACCEL_TCG, MACHINE_ACCEL_KVM };

enum machine_net { MACHINE_NET_NONE, MACHINE_NET_USER, MACHINE_NET_TAP };

/* The machine's network card and what it is connected with. */
struct machine_network {
    enum machine_net kind;
    const char *tap;  /* the interface's name, of MACHINE_NET_TAP; or NULL, and: */
    int tap_fd;       /* an open tap interface, which stays the caller's */
    int claims_fd;    /* a socket on which the guest asks for ports (mewz/claim.h), likewise; 0: it need not ask */
    unsigned mtu;     /* that the card tells; 0 for Ethernet's */
    const char *mac;  /* NULL for QEMU's */
    const char *pcap; /* the file that gets every packet, or NULL */

    /* of MACHINE_NET_USER, in QEMU's form, unchecked: */
    const char *const *forwards;                        /* "tcp:127.0.0.1:8080-:80", NULL-terminated, or NULL */
    const char *user_network, *user_gateway, *user_dns; /* NULL for QEMU's own, in 10.0.2.0/24 */
};

/* A folder of this machine that the guest shares, live, by virtio-fs. */
struct machine_share {
    const char *tag; /* what the guest finds it by, at most 36 bytes */
    const char *folder;
    bool read_only;

    /* Who does to the files what the guest does, where this process is root; user 0: this process's own user and group,
     * whatever the others say. */
    uid_t user;
    gid_t group;
    const gid_t *groups; /* others */
    size_t group_count;
};

/* A raw disk image that the guest gets as a virtio disk. */
struct machine_disk {
    const char *serial; /* what the guest finds it by, at most 20 bytes */
    const char *file;
    bool read_only;
};

#define MACHINE_SHARES_MAX 8
#define MACHINE_DISKS_MAX  16

enum machine_command {
    MACHINE_NOTHING,  /* to be done */
    MACHINE_CONTINUE, /* begin, or go on */
    MACHINE_PAUSE,
    MACHINE_END_STDIN, /* the program gets no more input */
    MACHINE_KILL,      /* ends without an exit code */
};

/* How a machine is steered by somebody else than the terminal. It waits for a MACHINE_CONTINUE to begin. Output that
 * cannot be written is lost then, instead of ending the machine, and what nobody has taken for MACHINE_DRAIN_MS after
 * its end is lost as well; and so is what the servers of shares say. */
struct machine_control {
    int fd;                                         /* when it can be read, */
    enum machine_command (*receive)(void *context); /* this takes a command from it; whatever makes it fail is a KILL */
    int (*prepare)(void *context, struct err *err); /* called before QEMU starts, and after what serves its shares: here
                                                     * this process may become whom QEMU is to run as */
    void (*ready)(void *context, pid_t machine);    /* called once QEMU, that process, has set the machine up */
    void (*done)(void *context, enum machine_command command); /* called when it has paused, or goes on */
    void *context;
};
#define MACHINE_DRAIN_MS 10000

struct machine_options {
    enum machine_boot boot;
    const char *image;    /* the ELF or the disk image */
    const char *driver;   /* QEMU's for the disk image's format; NULL for a raw one */
    const char *type;     /* QEMU's -M: NULL for microvm with an ELF, pc with a disk image; "q35", ... */
    const char *firmware; /* NULL, or "uefi" */
    enum machine_accel accel;
    uint32_t memory_mib; /* 0 for MACHINE_MEMORY_MIB */
    struct machine_network network;
    const struct machine_share *shares; /* at most MACHINE_SHARES_MAX */
    size_t share_count;
    const struct machine_disk *disks; /* at most MACHINE_DISKS_MAX */
    size_t disk_count;
    struct link_config config; /* replaces what was baked in, where it is not NULL */
    unsigned gdb_port;         /* 0: none; else the machine waits for a debugger on 127.0.0.1 */
    struct profile profile;    /* the table of samples to fetch at the end */
    struct metrics metrics;    /* what the kernel counts, for whoever asks this process */
    const char *monitor;       /* where QEMU's monitor listens, a socket's name; or NULL */
    bool verbose;              /* print QEMU's command line on stderr */

    const struct machine_control *control; /* NULL: it begins at once and goes on to its end */
};

/* Fails where QEMU is missing, or the firmware: NULL, or "uefi". */
int machine_check_tools(const char *firmware, struct err *err);

/* Fail where the folder or the disk's file is none, or may not be used as the machine is to use it. */
int machine_check_share(const struct machine_share *share, struct err *err);
int machine_check_disk(const struct machine_disk *disk, struct err *err);

/* Runs the machine with this process's stdin, stdout and stderr, and returns when it has ended: *exit_code is the
 * program's own, or 134 after a trap, or 70 when the kernel panicked or the machine ended without telling one; the
 * panic is on stderr then. -1: QEMU is missing or failed, or stdout or stderr could not be written. A signal that ends
 * this process ends the machine; with a profile to fetch it ends the machine only, and *exit_code is 128 and its
 * number. */
int machine_run(const struct machine_options *options, int *exit_code, struct err *err);

#endif
