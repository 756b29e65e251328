/* --ip, -p and the like: what they give the machine. */
#include "cc/network.h"

#include <string.h>

#include "check.h"

static struct arena arena;

static int machine(const char *publish, const char *ip, struct machine_network *network)
{
    struct err err = {0};
    const char *ports[] = {publish, NULL};
    struct network_options options = {.publish = {ports, 1}};
    return network_machine(&options, true, ip, network, &arena, &err);
}

static void test_forwards(void)
{
    struct machine_network network;
    CHECK(machine("8080:80", NULL, &network) == 0 && network.kind == MACHINE_NET_USER);
    CHECK(strcmp(network.forwards[0], "tcp:127.0.0.1:8080-:80") == 0 && !network.user_network);
    CHECK(machine("udp:0.0.0.0:53:5353", "10.1.0.2/16,gw=10.1.0.1,dns=10.1.0.3", &network) == 0);
    CHECK(strcmp(network.forwards[0], "udp:0.0.0.0:53-10.1.0.2:5353") == 0);
    CHECK(strcmp(network.user_network, "10.1.0.2/16") == 0);
    CHECK(strcmp(network.user_gateway, "10.1.0.1") == 0 && strcmp(network.user_dns, "10.1.0.3") == 0);
}

/* The setting may come from a kernel that somebody else has made, and becomes part of an option of QEMU's, which has
 * others behind commas: the first one here would show the guest the folder above by TFTP. */
static void test_baked_in(void)
{
    static const char *const wrong[] = {"10.0.2.15:80,tftp=..,bootfile=x", "10.0.2.15/24,tftp=..", "10.0.2.15",
                                        "10.0.2.15/24,gw=10.0.2.2x", ""};
    struct machine_network network;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(machine("8080:80", wrong[i], &network) != 0);
}

int main(void)
{
    test_forwards();
    test_baked_in();
    arena_free(&arena);
    return 0;
}
