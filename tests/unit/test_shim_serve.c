/* The end of a shim's service. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "shim/message.h"
#include "shim/shim.h"
#include "shim/ttrpc.h"
#include "ttrpc.pb-c.h"

static void send_shutdown(int fd)
{
    Ttrpc__Request request = TTRPC__REQUEST__INIT;
    struct buf message = {0}, frame = {0};
    request.service = (char[]){"containerd.task.v2.Task"};
    request.method = (char[]){"Shutdown"};
    message_pack(&message, &request.base);
    ttrpc_put_frame(&frame, 1, TTRPC_REQUEST, message.data, (uint32_t)message.size);
    CHECK(send(fd, frame.data, frame.size, MSG_NOSIGNAL) == (ssize_t)frame.size);
    buf_free(&message);
    buf_free(&frame);
}

/* When Shutdown is answered the socket is gone, so that nobody takes this shim for one that goes on, and that the
 * socket of the next one, which has the same path, is not what this one removes. */
static void test_shutdown(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct shim_options options = {.namespace = "test", .id = "c1", .address = ""};
    uint8_t header[TTRPC_HEADER];
    int status, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path, path);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        shim_serve(&options, fd, path);
        _exit(0);
    }
    close(fd);
    fd = shim_connect(path);
    CHECK(fd >= 0);
    send_shutdown(fd);
    CHECK(recv(fd, header, sizeof header, MSG_WAITALL) == sizeof header);
    CHECK(access(path, F_OK) != 0 && errno == ENOENT);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    close(fd);
}

int main(void)
{
    char folder[] = "/tmp/mewz-serve-XXXXXX", path[sizeof folder + 8];
    alarm(60);
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    test_shutdown(path);
    CHECK(rmdir(folder) == 0);
    return 0;
}
