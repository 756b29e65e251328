/* network.h: what the command line says about the network: for the program (settings of mewz/config.h, baked in or
 * handed over at boot), and for the machine that `run` starts. */
#ifndef CC_NETWORK_H
#define CC_NETWORK_H

#include "base/arena.h"
#include "base/err.h"
#include "cc/options.h"
#include "machine/machine.h"

/* The options as they were given, NULL and empty where they were not. */
struct network_options {
    const char *ip, *hostname;
    const char *metadata; /* one of network_clouds */
    struct option_list listen;

    /* of `run` */
    struct option_list publish;
    const char *net, *mac, *pcap;
};

/* Those whose metadata service the kernel knows (mewz/metadata.def), NULL-terminated. */
extern const char *const network_clouds[];

/* The settings as NAME=VALUE, NULL-terminated on the arena; NULL where there are none. Fails with EXIT_USAGE where a
 * value is not of its form. */
int network_settings(const struct network_options *options, const char *verb, const char *const **settings,
                     struct arena *arena, struct err *err);

/* The machine's network. `needed`: the program has sockets, and gets a card although nobody asked for one. `ip` is the
 * value of that setting, wherever it comes from, or NULL: ports are forwarded to that address. Fails where it is not of
 * its form. */
int network_machine(const struct network_options *options, bool needed, const char *ip, struct machine_network *network,
                    struct arena *arena, struct err *err);

/* Whether `run` can do what the options ask for: their forms, and that the ports are to be had. Before anything is
 * compiled, and in words that QEMU lacks; what happens to a port between this and QEMU's start is QEMU's to say. */
int network_check(const struct network_options *options, struct arena *arena, struct err *err);

#endif
