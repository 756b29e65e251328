/* Events where containerd takes no connection. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "google/protobuf/empty.pb-c.h"
#include "shim/events.h"

/* Connects until the socket has no room for another one that nobody accepts. Returns how many there are. */
static unsigned fill(const struct sockaddr_un *address)
{
    for (unsigned count = 0;; count++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK(fd >= 0);
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            continue;
        CHECK(errno == EAGAIN);
        close(fd);
        return count;
    }
}

/* A containerd that is stopped does not stop the shim: events wait. */
static void test_full(const char *path)
{
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct loop loop = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path, path);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
    unsigned waiting = fill(&address);
    struct events *events = events_new(&loop, path, "test");
    events_publish(events, "/tasks/create", &empty.base);
    CHECK(!events_are_out(events));
    for (unsigned i = 0; i < waiting; i++)
        close(accept(fd, NULL, NULL));
    events_retry(events);
    CHECK(loop.count == 1); /* it is connected now */
    close(fd);
}

int main(void)
{
    char folder[] = "/tmp/mewz-events-XXXXXX", path[sizeof folder + 8];
    alarm(60);
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    test_full(path);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    _exit(0); /* events live as long as the shim */
}
