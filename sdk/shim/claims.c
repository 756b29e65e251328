#include "shim/claims.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mewz/claim.h"

/* --- in the process --- */

/* The kernel's descriptors of the process, by number. */
enum { KEEPER_GUEST = 3, KEEPER_NETLINK, KEEPER_TAP, KEEPER_FIRST_OTHER };

/* The ports that are the machine's: a bit each, TCP's and UDP's. */
static unsigned char granted[2][(UINT16_MAX + 1) / CHAR_BIT];

static bool is_own(const struct redirect *redirect, unsigned port)
{
    return port >= redirect_first_port(redirect) && port < redirect_first_port(redirect) + REDIRECT_PORTS;
}

static bool bind_port(int family, uint8_t protocol, uint16_t port)
{
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(family, (protocol == MEWZ_CLAIM_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), result = -1;
    if (fd >= 0 && family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int)) == 0)
        result = bind(fd, (struct sockaddr *)&any6, sizeof any6);
    else if (fd >= 0)
        result = bind(fd, (struct sockaddr *)&any, sizeof any);
    if (fd >= 0 && result != 0)
        close(fd);
    return result == 0;
}

/* By a socket bound to all addresses, of both versions of IP where there are both, that is never used, nor closed. */
static bool keep_port(uint8_t protocol, uint16_t port)
{
    return bind_port(AF_INET6, protocol, port) || (errno != EADDRINUSE && bind_port(AF_INET, protocol, port));
}

static bool grant(const struct redirect *redirect, const struct mewz_claim *claim)
{
    struct err ignored = {0};
    if ((claim->protocol != MEWZ_CLAIM_TCP && claim->protocol != MEWZ_CLAIM_UDP) || claim->port == 0)
        return false;
    unsigned char *byte = &granted[claim->protocol == MEWZ_CLAIM_UDP][claim->port / CHAR_BIT];
    unsigned char bit = (unsigned char)(1u << claim->port % CHAR_BIT);
    if (is_own(redirect, claim->port) || *byte & bit)
        return true;
    if (claim->port >= REDIRECT_FIRST_PORT || !keep_port(claim->protocol, claim->port) ||
        redirect_add_port(redirect, claim->protocol, claim->port, &ignored) != 0)
        return false;
    *byte |= bit;
    return true;
}

static _Noreturn void keep(struct redirect redirect, int guest, int tap)
{
    struct mewz_claim claim;
    int fds[] = {fcntl(guest, F_DUPFD_CLOEXEC, KEEPER_FIRST_OTHER),
                 fcntl(redirect.netlink, F_DUPFD_CLOEXEC, KEEPER_FIRST_OTHER),
                 fcntl(tap, F_DUPFD_CLOEXEC, KEEPER_FIRST_OTHER)};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < KEEPER_GUEST && null >= 0; i++)
        dup2(null, i);
    for (int i = KEEPER_GUEST; i < KEEPER_FIRST_OTHER; i++)
        dup2(fds[i - KEEPER_GUEST], i);
    close_range(KEEPER_FIRST_OTHER, UINT_MAX, 0);
    setsid(); /* a terminal's ^C is not for it */
    prctl(PR_SET_NAME, "mewz-net");
    prctl(PR_SET_PDEATHSIG, 0); /* it ends when the machine has, and removes the rules then */
    redirect.netlink = KEEPER_NETLINK;
    while (recv(KEEPER_GUEST, &claim, sizeof claim, MSG_WAITALL) == sizeof claim) {
        char answer = grant(&redirect, &claim) ? MEWZ_CLAIM_GRANTED : 0;
        send(KEEPER_GUEST, &answer, 1, MSG_NOSIGNAL);
    }
    redirect_end(&redirect);
    _exit(0);
}

/* --- in the task's --- */

int claims_start(struct claims *claims, const struct redirect *redirect, int tap, struct err *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return err_set_errno(err, "claims of ports");
    *claims = (struct claims){.fd = ends[0], .pid = fork()};
    if (claims->pid == 0)
        keep(*redirect, ends[1], tap);
    close(ends[1]);
    if (claims->pid > 0)
        return 0;
    err_set_errno(err, "claims of ports");
    close(ends[0]);
    return -1;
}

void claims_finish(struct claims *claims)
{
    close(claims->fd);
    while (waitpid(claims->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
