/* wait.c: waiting for time, stdin and sockets, with the processor idle. */
#include "hosts/mewz/wait.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/console.h"
#include "ext4/ext4.h"
#include "net/net.h"

/* These come with the functions on sockets (socket.c). A program that imports none has them not, nor a watch for one.
 */
#pragma weak socket_look
#pragma weak net_poll
#pragma weak net_expect

/* And these with disks (sdk/link). */
#pragma weak ext4_commit_due
#pragma weak ext4_commit_waiting

static void look_at_stdin(struct host_watch *watch)
{
    watch->ready = 0;
    if (console_is_ready(&watch->bytes))
        watch->ready = watch->bytes ? HOST_READABLE : HOST_READABLE | HOST_END | HOST_HANGUP;
}

/* Fills in what is ready; how many there are. */
static unsigned look(struct host_watch *list)
{
    unsigned count = 0;
    for (struct host_watch *watch = list; watch; watch = watch->next) {
        if (watch->socket)
            socket_look(watch);
        else
            look_at_stdin(watch);
        count += (watch->ready & watch->wanted) != 0;
    }
    return count;
}

static bool any(const struct host_watch *list, bool socket)
{
    while (list && (list->socket != NULL) != socket)
        list = list->next;
    return list != NULL;
}

/* Idles, or commits what a disk's changes have waited for. */
static void idle(uint64_t deadline)
{
    uint64_t due = ext4_commit_due ? ext4_commit_due() : TIME_NEVER;
    if (due != TIME_NEVER && time_now() >= due)
        ext4_commit_waiting();
    else
        time_wait(due < deadline ? due : deadline); /* the network goes on in there */
}

void host_wait(uint64_t deadline, struct host_watch *list)
{
    bool has_socket = any(list, true), has_stdin = any(list, false);
    unsigned count;
    bool enabled = interrupts_save();
    if (has_socket)
        net_poll();
    for (;;) {
        if (has_stdin)
            console_listen(); /* before looking: what came earlier does not interrupt */
        count = look(list);
        if (count > 0 || (deadline != TIME_NEVER && time_now() >= deadline))
            break;
        idle(deadline);
    }
    interrupts_restore(enabled);
    if (has_stdin)
        console_unlisten();
    if (has_socket)
        net_expect(count);
}
