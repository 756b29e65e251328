/* sock_option.c: options of sockets, as WasmEdge's extension has them.
 *
 * Timeouts, the type and whether the socket listens are known here; the host knows the rest. */
#include "wasi/guest.h"
#include "wasi/socket.h"
#include "wasi/wasmedge.h"

#define SECOND      1000000000ll
#define MICROSECOND 1000ll
#define SECONDS_MAX 1000000000ll /* more than 30 years is for ever */

/* Options that are a number for the host too. */
static const struct {
    uint32_t level, option;
    enum host_option host;
} numbers[] = {
    {WASI_SOL_SOCKET, WASI_SO_REUSEADDR, HOST_REUSE_ADDRESS}, {WASI_SOL_SOCKET, WASI_SO_BROADCAST, HOST_BROADCAST},
    {WASI_SOL_SOCKET, WASI_SO_SNDBUF, HOST_SEND_BUFFER},      {WASI_SOL_SOCKET, WASI_SO_RCVBUF, HOST_RECEIVE_BUFFER},
    {WASI_SOL_SOCKET, WASI_SO_KEEPALIVE, HOST_KEEP_ALIVE},    {WASI_SOL_TCP, WASI_TCP_NODELAY, HOST_NO_DELAY},
    {WASI_SOL_IPV6, WASI_IPV6_V6ONLY, HOST_V6_ONLY},
};

static bool find_number(uint32_t level, uint32_t option, enum host_option *host)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        *host = numbers[i].host;
        if (numbers[i].level == level && numbers[i].option == option)
            return true;
    }
    return false;
}

static uint64_t *find_timeout(struct fd *fd, uint32_t level, uint32_t option)
{
    if (level != WASI_SOL_SOCKET)
        return NULL;
    if (option == WASI_SO_RCVTIMEO)
        return &fd->socket.receive_timeout;
    return option == WASI_SO_SNDTIMEO ? &fd->socket.send_timeout : NULL;
}

/* --- setting --- */

static uint32_t set_timeout(uint64_t *timeout, uint32_t value)
{
    struct wasi_timeval time;
    if (!guest_read(&time, value, sizeof time))
        return WASI_EFAULT;
    if (time.seconds < 0 || time.microseconds < 0 || time.microseconds >= SECOND / MICROSECOND)
        return WASI_EDOM; /* as in POSIX */
    bool is_endless = time.seconds > SECONDS_MAX;
    *timeout = is_endless ? 0 : (uint64_t)(time.seconds * SECOND + time.microseconds * MICROSECOND);
    return WASI_SUCCESS;
}

static uint32_t set_linger(struct fd *fd, uint32_t value)
{
    struct wasi_linger linger;
    if (!guest_read(&linger, value, sizeof linger))
        return WASI_EFAULT;
    if (linger.on && linger.seconds < 0)
        return WASI_EINVAL;
    return host_socket_set(fd->watch.socket, HOST_LINGER, linger.on ? linger.seconds : -1);
}

uint32_t wasi_sock_setsockopt(uint32_t number, uint32_t level, uint32_t option, uint32_t value, uint32_t size)
{
    struct fd *fd;
    enum host_option host;
    int32_t word;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (error)
        return error;
    uint64_t *timeout = find_timeout(fd, level, option);
    if (timeout)
        return size < sizeof(struct wasi_timeval) ? WASI_EINVAL : set_timeout(timeout, value);
    if (level == WASI_SOL_SOCKET && option == WASI_SO_LINGER)
        return size < sizeof(struct wasi_linger) ? WASI_EINVAL : set_linger(fd, value);
    if (!find_number(level, option, &host))
        return WASI_ENOPROTOOPT;
    if (size < sizeof word)
        return WASI_EINVAL;
    return guest_read(&word, value, sizeof word) ? host_socket_set(fd->watch.socket, host, word) : WASI_EFAULT;
}

/* --- getting --- */

static uint32_t get_number(struct fd *fd, uint32_t level, uint32_t option, int32_t *word)
{
    enum host_option host;
    if (find_number(level, option, &host))
        return host_socket_get(fd->watch.socket, host, word);
    if (level != WASI_SOL_SOCKET)
        return WASI_ENOPROTOOPT;
    if (option == WASI_SO_TYPE)
        *word = fd->socket.protocol == HOST_UDP ? WASI_SOCKTYPE_DGRAM : WASI_SOCKTYPE_STREAM;
    else if (option == WASI_SO_ACCEPTCONN)
        *word = fd->socket.listens;
    else if (option == WASI_SO_ERROR)
        *word = (int32_t)socket_take_error(fd);
    else
        return WASI_ENOPROTOOPT;
    return WASI_SUCCESS;
}

/* What does not fit is cut, as in POSIX. */
static uint32_t put_value(const void *bytes, uint32_t size, uint32_t value, uint32_t place_of_size)
{
    uint32_t room;
    if (!guest_read(&room, place_of_size, sizeof room))
        return WASI_EFAULT;
    if (size > room)
        size = room;
    if (!guest_write(value, bytes, size))
        return WASI_EFAULT;
    guest_write_u32(place_of_size, size);
    return WASI_SUCCESS;
}

uint32_t wasi_sock_getsockopt(uint32_t number, uint32_t level, uint32_t option, uint32_t value, uint32_t size)
{
    struct fd *fd;
    int32_t word;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (error)
        return error;
    uint64_t *timeout = find_timeout(fd, level, option);
    if (timeout) {
        struct wasi_timeval time = {
            .seconds = (int64_t)(*timeout / SECOND),
            .microseconds = (int64_t)(*timeout % SECOND / MICROSECOND),
        };
        return put_value(&time, sizeof time, value, size);
    }
    error = get_number(fd, level, option, &word);
    return error ? error : put_value(&word, sizeof word, value, size);
}
