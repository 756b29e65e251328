/* The Linux target's resolver: what it makes of answers, well-formed and not. Nothing is sent. */
#include <string.h>

#include "check.h"
#include "hosts/linux/resolve.c"
#include "wasi/address_text.c"

/* What the rest of the resolver would ask of the system. */
void host_random(void *bytes, size_t size)
{
    memset(bytes, 0x5a, size);
}

uint64_t host_clock_now(enum host_clock clock)
{
    return (uint64_t)clock;
}

void host_wait(uint64_t deadline, struct host_watch *list)
{
    CHECK(deadline && list);
}

uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **socket)
{
    CHECK(!family && protocol == HOST_UDP);
    *socket = NULL;
    return WASI_ENETDOWN;
}

uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address)
{
    return socket && address ? WASI_SUCCESS : WASI_ENETDOWN;
}

uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent)
{
    *sent = 0;
    return socket && slices && count && to ? WASI_SUCCESS : WASI_ENETDOWN;
}

uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received)
{
    received->size = 0;
    return socket && slices && count && peek ? WASI_SUCCESS : WASI_ENETDOWN;
}

void host_socket_close(struct host_socket *socket)
{
    CHECK(socket);
}

static struct host_address found[4];

static struct search search_for(enum host_family family)
{
    return (struct search){.name = "www.example", .family = family, .addresses = found, .max = 4};
}

/* The answer to `question`, with an alias and two addresses. */
static struct message make_answer(const struct message *question)
{
    static const uint8_t records[] = {
        0xc0, 12,  0,   5,   0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 16,                  /* CNAME */
        0xc0, 16,  0,   1,   0, 1, 0, 0, 0, 9, 0, 4, 192,  0,  2, 1,            /* A */
        3,    'a', 'b', 'c', 0, 0, 1, 0, 1, 0, 0, 0, 9,    0,  4, 192, 0, 2, 2, /* A, its name written out */
    };
    struct message answer = *question;
    answer.bytes[2] |= FLAG_RESPONSE;
    answer.bytes[7] = 3;
    memcpy(answer.bytes + answer.size, records, sizeof records);
    answer.size += sizeof records;
    return answer;
}

static void test_answers(void)
{
    struct search search = search_for(HOST_IPV4);
    struct message question;
    CHECK(make_question(&question, &search) && question.size == HEADER_SIZE + 13 + 4);
    CHECK(memcmp(question.bytes + HEADER_SIZE, "\3www\7example\0\0\1\0\1", 17) == 0);
    struct message answer = make_answer(&question);
    CHECK(is_answer(&answer, &question) && take_answer(&answer, &question, &search) == WASI_SUCCESS);
    CHECK(search.count == 2 && found[0].bytes[3] == 1 && found[1].bytes[3] == 2);

    search = search_for(HOST_IPV6); /* none of this family */
    CHECK(make_question(&question, &search));
    answer = make_answer(&question);
    CHECK(take_answer(&answer, &question, &search) == WASI_ENOENT && search.count == 0);
    answer.bytes[3] = CODE_NO_NAME;
    CHECK(take_answer(&answer, &question, &search) == WASI_ENOENT);
    answer.bytes[3] = 2; /* the server failed */
    CHECK(take_answer(&answer, &question, &search) == WASI_EAGAIN);
    answer.bytes[0] ^= 1;
    CHECK(!is_answer(&answer, &question) && !is_answer(&question, &question));
}

static void test_names(void)
{
    static const char *const wrong[] = {"", ".", "a..b", ".a",
                                        "a123456789012345678901234567890123456789012345678901234567890123"};
    char name[300];
    struct message question;
    struct search search = search_for(HOST_IPV4);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        search.name = wrong[i];
        CHECK(!make_question(&question, &search));
    }
    search.name = name;
    for (size_t size = 1; size < sizeof name; size++) { /* until it is too long, and never out of the message */
        for (size_t i = 0; i < size; i++)
            name[i] = i % 10 == 9 ? '.' : 'a';
        name[size] = 0;
        bool fits = make_question(&question, &search);
        CHECK(fits ? size <= 254 : size > 250);
        CHECK(question.size <= HEADER_SIZE + 260);
    }
}

/* Answers that are cut anywhere, and such with bytes changed. The sanitizers see who reads on. */
static void test_hostile(void)
{
    uint32_t state = 1;
    struct search search = search_for(HOST_IPV4);
    struct message question;
    make_question(&question, &search);
    for (int round = 0; round < 200000; round++) {
        struct message answer = make_answer(&question);
        state = state * 1664525 + 1013904223;
        for (int i = 0; i < 3; i++) {
            answer.bytes[question.size + (state >> 8) % 60] = (uint8_t)(state >> 24);
            state = state * 1664525 + 1013904223;
        }
        answer.bytes[6] = (uint8_t)(state >> 20);
        answer.size = question.size + (state >> 12) % 60;
        struct message *exact = malloc(sizeof *exact);
        *exact = answer;
        search = search_for(HOST_IPV4);
        take_answer(exact, &question, &search);
        CHECK(search.count <= search.max && exact->at <= exact->size);
        free(exact);
    }
}

int main(void)
{
    test_answers();
    test_names();
    test_hostile();
    return 0;
}
