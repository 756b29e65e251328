/* The frames of ttrpc, and a server on a socket whose peer does as it likes. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "google/protobuf/empty.pb-c.h"
#include "shim/message.h"
#include "shim/server.h"
#include "shim/ttrpc.h"
#include "ttrpc.pb-c.h"

/* --- frames --- */

static void test_frames_in_pieces(void)
{
    struct buf bytes = {0};
    ttrpc_put_frame(&bytes, 1, TTRPC_REQUEST, "one", 3);
    ttrpc_put_frame(&bytes, 3, TTRPC_RESPONSE, NULL, 0);
    ttrpc_put_frame(&bytes, 5, TTRPC_REQUEST, "three", 5);
    for (size_t piece = 1; piece <= bytes.size; piece++) {
        struct ttrpc_reader reader = {0};
        struct ttrpc_frame frame;
        unsigned found = 0;
        for (size_t at = 0; at < bytes.size; at += piece) {
            ttrpc_reader_add(&reader, bytes.data + at, bytes.size - at < piece ? bytes.size - at : piece);
            while (ttrpc_reader_next(&reader, &frame)) {
                CHECK(frame.stream == 1 + 2 * found);
                CHECK(found != 2 || (frame.size == 5 && memcmp(frame.message, "three", 5) == 0));
                found++;
            }
        }
        CHECK(found == 3);
        ttrpc_reader_free(&reader);
    }
    buf_free(&bytes);
}

/* A message that is too large is told and passed over, without room for it being made. */
static void test_too_large(void)
{
    struct ttrpc_reader reader = {0};
    struct ttrpc_frame frame;
    static const uint8_t header[TTRPC_HEADER] = {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 9, TTRPC_REQUEST, 0};
    static const uint8_t zeros[1 << 20];
    ttrpc_reader_add(&reader, header, sizeof header);
    CHECK(ttrpc_reader_next(&reader, &frame) && frame.stream == 9 && !frame.message);
    for (uint32_t left = 0x7fffffff; left > 0;) {
        uint32_t part = left < sizeof zeros ? left : (uint32_t)sizeof zeros;
        ttrpc_reader_add(&reader, zeros, part);
        CHECK(!ttrpc_reader_next(&reader, &frame));
        left -= part;
    }
    CHECK(reader.bytes.capacity < 1 << 20);
    struct buf next = {0};
    ttrpc_put_frame(&next, 11, TTRPC_REQUEST, "x", 1);
    ttrpc_reader_add(&reader, next.data, next.size);
    CHECK(ttrpc_reader_next(&reader, &frame) && frame.stream == 11 && frame.size == 1);
    buf_free(&next);
    ttrpc_reader_free(&reader);
}

/* --- a server --- */

static struct loop loop;
static struct ttrpc_call *held[4]; /* of the method Hold */
static size_t held_count;

static void answer(void *context, struct ttrpc_call *call, const char *method, const uint8_t *payload, size_t size)
{
    (void)context;
    (void)payload;
    (void)size;
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    if (strcmp(method, "Hold") == 0 && held_count < 4)
        held[held_count++] = call;
    else if (strcmp(method, "Echo") == 0)
        call_reply(call, &empty.base);
    else
        call_fail(call, TTRPC_UNIMPLEMENTED, "no %s", method);
}

static struct server *start(struct sockaddr_un *address)
{
    socklen_t size = sizeof *address;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)address, sizeof(sa_family_t)) == 0); /* a name that the kernel makes up */
    CHECK(getsockname(fd, (struct sockaddr *)address, &size) == 0);
    CHECK(listen(fd, 8) == 0);
    return server_new(&loop, fd, "test.Service", answer, NULL);
}

static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t length = sizeof(sa_family_t) + 1 + strlen(address->sun_path + 1);
    CHECK(connect(fd, (const struct sockaddr *)address, (socklen_t)length) == 0);
    return fd;
}

/* Lets the server do all it has to. */
static void settle(void)
{
    for (int i = 0; i < 8; i++)
        loop_step(&loop, 0);
}

static void put_request(struct buf *bytes, uint32_t stream, const char *service, const char *method)
{
    Ttrpc__Request request = TTRPC__REQUEST__INIT;
    struct buf message = {0};
    request.service = (char *)(uintptr_t)service;
    request.method = (char *)(uintptr_t)method;
    message_pack(&message, &request.base);
    ttrpc_put_frame(bytes, stream, TTRPC_REQUEST, message.data, (uint32_t)message.size);
    buf_free(&message);
}

static void call(int fd, uint32_t stream, const char *service, const char *method)
{
    struct buf bytes = {0};
    put_request(&bytes, stream, service, method);
    CHECK(send(fd, bytes.data, bytes.size, MSG_NOSIGNAL) == (ssize_t)bytes.size);
    buf_free(&bytes);
    settle();
}

/* The next answer: its stream, and its code. */
static int read_answer(int fd, uint32_t *stream)
{
    uint8_t bytes[4096];
    struct ttrpc_reader reader = {0};
    struct ttrpc_frame frame = {0};
    CHECK(recv(fd, bytes, TTRPC_HEADER, MSG_DONTWAIT) == TTRPC_HEADER);
    ttrpc_reader_add(&reader, bytes, TTRPC_HEADER);
    size_t size = (size_t)bytes[2] << 8 | bytes[3];
    CHECK(size == 0 || (size < sizeof bytes && recv(fd, bytes, size, MSG_DONTWAIT) == (ssize_t)size));
    ttrpc_reader_add(&reader, bytes, size);
    CHECK(ttrpc_reader_next(&reader, &frame) && frame.type == TTRPC_RESPONSE);
    *stream = frame.stream;
    Ttrpc__Response *response = ttrpc__response__unpack(NULL, frame.size, frame.message);
    CHECK(response);
    int code = response->status ? response->status->code : TTRPC_OK;
    ttrpc__response__free_unpacked(response, NULL);
    ttrpc_reader_free(&reader);
    return code;
}

static void expect(int fd, uint32_t stream, int code)
{
    uint32_t found;
    CHECK(read_answer(fd, &found) == code);
    CHECK(found == stream);
}

static void test_calls(const struct sockaddr_un *address)
{
    int fd = connect_to(address);
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    call(fd, 1, "test.Service", "Hold");
    call(fd, 3, "test.Service", "Hold");
    call(fd, 5, "test.Service", "Echo"); /* is answered before them */
    expect(fd, 5, TTRPC_OK);
    call_reply(held[1], &empty.base);
    call_fail(held[0], TTRPC_NOT_FOUND, "it is not there");
    held_count = 0;
    expect(fd, 3, TTRPC_OK);
    expect(fd, 1, TTRPC_NOT_FOUND);
    call(fd, 7, "test.Service", "Nothing");
    expect(fd, 7, TTRPC_UNIMPLEMENTED);
    call(fd, 9, "other.Service", "Echo");
    expect(fd, 9, TTRPC_UNIMPLEMENTED);
    call(fd, 10, "test.Service", "Echo"); /* even: not a client's */
    expect(fd, 10, TTRPC_INVALID_ARGUMENT);
    call(fd, 11, "test.Service", "Hold");
    call(fd, 11, "test.Service", "Echo"); /* is still at it */
    expect(fd, 11, TTRPC_INVALID_ARGUMENT);
    close(fd);
    settle();
    call_reply(held[0], &empty.base); /* to one that has gone */
    held_count = 0;
}

/* Every prefix of a good request, and then the end; every byte of it changed. */
static void test_prefixes_and_changes(const struct sockaddr_un *address)
{
    struct buf bytes = {0};
    put_request(&bytes, 1, "test.Service", "Echo");
    for (size_t size = 0; size < bytes.size; size++) {
        int fd = connect_to(address);
        CHECK(send(fd, bytes.data, size, MSG_NOSIGNAL) == (ssize_t)size);
        settle();
        close(fd);
        settle();
    }
    for (size_t at = 0; at < bytes.size; at++) {
        int fd = connect_to(address);
        bytes.data[at] ^= 0xff;
        send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        bytes.data[at] ^= 0xff;
        settle();
        close(fd);
        settle();
    }
    buf_free(&bytes);
}

/* It asks for ever and reads nothing: it is cut off, and others are served meanwhile. */
static void test_peer_that_does_not_read(const struct sockaddr_un *address)
{
    int greedy = connect_to(address), other = connect_to(address);
    struct buf bytes = {0};
    bool cut = false;
    for (uint32_t stream = 1; !cut && stream < 400000; stream += 2) {
        bytes.size = 0;
        put_request(&bytes, stream, "test.Service", "Nothing");
        cut = send(greedy, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
        loop_step(&loop, 0);
    }
    CHECK(cut);
    call(other, 1, "test.Service", "Echo");
    expect(other, 1, TTRPC_OK);
    buf_free(&bytes);
    close(greedy);
    close(other);
    settle();
}

int main(void)
{
    struct sockaddr_un address;
    test_frames_in_pieces();
    test_too_large();
    struct server *server = start(&address);
    test_calls(&address);
    test_prefixes_and_changes(&address);
    test_peer_that_does_not_read(&address);
    server_free(server);
    loop_free(&loop);
    return 0;
}
