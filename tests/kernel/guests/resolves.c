/* Looks the names up that it is given, each for IPv4 and, before an argument -4, for IPv6: "NAME 4 ADDRESS" or "NAME 4
 * error NUMBER". */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wasmedge.h"

enum { RESULTS = 4, ROOM = 26 };

/* Behind the port in a socket's address: four bytes; or a flow's number and sixteen, shown in pairs. */
static void print_address(const uint8_t *bytes, uint32_t family)
{
    if (family == INET4)
        printf("%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    else
        for (int i = 4; i < 20; i += 2)
            printf("%s%x", i > 4 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
}

static void look_up(const char *name, uint8_t family)
{
    static uint8_t data[RESULTS][ROOM];
    struct sockaddr_ addresses[RESULTS];
    struct addrinfo_ infos[RESULTS];
    for (int i = 0; i < RESULTS; i++) {
        addresses[i] = (struct sockaddr_){.size = ROOM, .data = data[i]};
        infos[i] = (struct addrinfo_){.address = &addresses[i], .next = i + 1 < RESULTS ? &infos[i + 1] : NULL};
    }
    struct addrinfo_ *list = infos, hints = {.family = family, .type = STREAM};
    uint32_t found = 0;
    uint32_t error = sock_getaddrinfo(name, (uint32_t)strlen(name), "80", 2, &hints, &list, RESULTS, &found);
    printf("%s %d", name, family == INET4 ? 4 : 6);
    if (error)
        printf(" error %u", (unsigned)error);
    for (uint32_t i = 0; i < found; i++) {
        putchar(' ');
        print_address(data[i] + 2, family);
    }
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool only_v4 = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-4") == 0) {
            only_v4 = true;
            continue;
        }
        look_up(argv[i], INET4);
        if (!only_v4)
            look_up(argv[i], INET6);
    }
    return 0;
}
