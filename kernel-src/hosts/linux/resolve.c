/* resolve.c: names of hosts, without a C library: /etc/hosts, then the name servers of /etc/resolv.conf by UDP (RFC
 * 1035). A truncated answer counts as far as it goes. */
#include <asm/poll.h>
#include <linux/fcntl.h>

#include "hosts/linux/syscall.h"
#include "wasi/address_text.h"
#include "wasi/host_socket.h"
#include "wasi/types.h"

#define SECOND         1000000000ull
#define TIMEOUT        (3 * SECOND) /* for each try with each server */
#define TRIES          2
#define SERVERS_MAX    3
#define SERVER_PORT    53
#define MESSAGE_MAX    512 /* RFC 1035, section 4.2.1 */
#define HEADER_SIZE    12
#define LABEL_MAX      63
#define FLAG_RECURSION 0x01 /* of byte 2 */
#define FLAG_RESPONSE  0x80
#define CODE_MASK      0x0f /* of byte 3 */
#define CODE_NO_NAME   3
#define CLASS_IN       1

enum { TYPE_A = 1, TYPE_AAAA = 28 };

/* What is being looked for, and where it goes. */
struct search {
    const char *name;
    enum host_family family;
    struct host_address *addresses;
    size_t max, count;
};

static void add_address(struct search *search, const struct host_address *address)
{
    if (address->family == search->family && search->count < search->max)
        search->addresses[search->count++] = *address;
}

/* --- files of lines of words --- */

struct file {
    char bytes[4096];
    size_t size;
    const char *at;
};

/* Reads what fits; an absent file is empty. */
static void read_file(struct file *file, const char *path)
{
    long descriptor = syscall3(__NR_open, (long)path, O_RDONLY | O_CLOEXEC, 0);
    long size = descriptor < 0 ? 0 : syscall3(__NR_read, descriptor, (long)file->bytes, sizeof file->bytes);
    if (descriptor >= 0)
        syscall2(__NR_close, descriptor, 0);
    file->size = size < 0 ? 0 : (size_t)size;
    file->at = file->bytes;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line; false at its end, or where a comment begins. */
static bool next_word(struct file *file, const char **word, size_t *size)
{
    const char *end = file->bytes + file->size;
    while (file->at < end && is_space(*file->at))
        file->at++;
    *word = file->at;
    if (file->at == end || *file->at == '\n' || *file->at == '#' || *file->at == ';')
        return false;
    while (file->at < end && !is_space(*file->at) && *file->at != '\n' && *file->at != '#')
        file->at++;
    *size = (size_t)(file->at - *word);
    return true;
}

static bool next_line(struct file *file)
{
    const char *end = file->bytes + file->size;
    while (file->at < end && *file->at++ != '\n')
        ;
    return file->at < end;
}

/* Names are the same whatever their case (RFC 4343). */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_word(const char *word, size_t size, const char *text)
{
    for (size_t i = 0; i < size; i++)
        if (!text[i] || lower(word[i]) != lower(text[i]))
            return false;
    return text[size] == 0;
}

static void search_hosts(struct search *search)
{
    struct file file;
    const char *word;
    size_t size;
    struct host_address address;
    read_file(&file, "/etc/hosts");
    if (file.size == 0)
        return;
    do {
        if (!next_word(&file, &word, &size) || !address_parse(word, size, &address))
            continue;
        while (next_word(&file, &word, &size))
            if (is_word(word, size, search->name))
                add_address(search, &address);
    } while (next_line(&file));
}

static size_t find_servers(struct host_address servers[SERVERS_MAX])
{
    struct file file;
    const char *word;
    size_t size, count = 0;
    read_file(&file, "/etc/resolv.conf");
    if (file.size == 0)
        return 0;
    do {
        if (next_word(&file, &word, &size) && is_word(word, size, "nameserver") && next_word(&file, &word, &size) &&
            count < SERVERS_MAX && address_parse(word, size, &servers[count]))
            servers[count++].port = SERVER_PORT;
    } while (next_line(&file));
    return count;
}

/* --- messages --- */

struct message {
    uint8_t bytes[MESSAGE_MAX];
    size_t size;
    size_t at; /* where reading goes on */
};

static uint16_t question_type(const struct search *search)
{
    return search->family == HOST_IPV4 ? TYPE_A : TYPE_AAAA;
}

static void put(struct message *message, uint8_t byte)
{
    message->bytes[message->size++] = byte;
}

/* A label's length stands before it. False for what is no name. */
static bool put_name(struct message *message, const char *name)
{
    while (*name) {
        size_t length = 0;
        while (name[length] && name[length] != '.')
            length++;
        if (length == 0 || length > LABEL_MAX || message->size + length > HEADER_SIZE + 253)
            return false;
        put(message, (uint8_t)length);
        for (size_t i = 0; i < length; i++)
            put(message, (uint8_t)name[i]);
        name += length + (name[length] == '.');
    }
    put(message, 0);
    return true;
}

static bool make_question(struct message *message, const struct search *search)
{
    *message = (struct message){.size = HEADER_SIZE};
    host_random(message->bytes, 2); /* the number by which the answer is known */
    message->bytes[2] = FLAG_RECURSION;
    message->bytes[5] = 1; /* question */
    if (!*search->name || !put_name(message, search->name))
        return false;
    put(message, 0);
    put(message, (uint8_t)question_type(search));
    put(message, 0);
    put(message, CLASS_IN);
    return true;
}

static bool take_u16(struct message *message, uint16_t *value)
{
    if (message->size - message->at < 2)
        return false;
    *value = (uint16_t)(message->bytes[message->at] << 8 | message->bytes[message->at + 1]);
    message->at += 2;
    return true;
}

static bool skip(struct message *message, size_t size)
{
    if (message->size - message->at < size)
        return false;
    message->at += size;
    return true;
}

/* A name ends with an empty label, or with a pointer to the rest (RFC 1035, section 4.1.4), which is of no interest. */
static bool skip_name(struct message *message)
{
    while (message->at < message->size) {
        uint8_t length = message->bytes[message->at++];
        if (length == 0)
            return true;
        if (length >= 0xc0)
            return skip(message, 1);
        if (!skip(message, length))
            return false;
    }
    return false;
}

/* Takes the addresses from the records; those of another type lead to the name that the addresses are of. */
static bool take_record(struct message *message, struct search *search)
{
    uint16_t type, class, size;
    if (!skip_name(message) || !take_u16(message, &type) || !take_u16(message, &class) || !skip(message, 4) ||
        !take_u16(message, &size))
        return false;
    const uint8_t *data = message->bytes + message->at;
    if (!skip(message, size))
        return false;
    struct host_address address = {.family = search->family};
    size_t needed = search->family == HOST_IPV4 ? 4 : 16;
    if (class == CLASS_IN && type == question_type(search) && size == needed) {
        __builtin_memcpy(address.bytes, data, needed);
        add_address(search, &address);
    }
    return true;
}

static bool is_answer(const struct message *answer, const struct message *question)
{
    return answer->size >= question->size && answer->bytes[0] == question->bytes[0] &&
           answer->bytes[1] == question->bytes[1] && (answer->bytes[2] & FLAG_RESPONSE) &&
           __builtin_memcmp(answer->bytes + HEADER_SIZE, question->bytes + HEADER_SIZE, question->size - HEADER_SIZE) ==
               0;
}

/* WASI_EAGAIN if the server could not tell. */
static uint32_t take_answer(struct message *answer, const struct message *question, struct search *search)
{
    uint8_t code = answer->bytes[3] & CODE_MASK;
    if (code == CODE_NO_NAME)
        return WASI_ENOENT;
    if (code != 0)
        return WASI_EAGAIN;
    uint16_t count = 0;
    answer->at = 6;
    take_u16(answer, &count);
    answer->at = question->size;
    while (count-- && take_record(answer, search))
        ;
    return search->count ? WASI_SUCCESS : WASI_ENOENT;
}

/* --- servers --- */

/* Waits for the answer to `question`; others are not for us. */
static uint32_t receive_answer(struct host_socket *socket, const struct message *question, struct search *search)
{
    struct host_watch watch = {.socket = socket, .wanted = HOST_READABLE};
    uint64_t deadline = host_clock_now(HOST_CLOCK_MONOTONIC) + TIMEOUT;
    struct message answer = {.size = 0};
    do {
        struct host_slice slice = {answer.bytes, sizeof answer.bytes};
        struct host_received received = {0};
        uint32_t error = host_socket_receive(socket, &slice, 1, false, &received);
        if (error && error != WASI_EAGAIN)
            return WASI_EAGAIN; /* refused: there is no server */
        answer.size = received.size;
        if (!error && is_answer(&answer, question))
            return take_answer(&answer, question, search);
        if (error)
            host_wait(deadline, &watch);
    } while (host_clock_now(HOST_CLOCK_MONOTONIC) < deadline);
    return WASI_EAGAIN;
}

static uint32_t ask(const struct host_address *server, struct search *search)
{
    struct message question;
    struct host_socket *socket;
    size_t sent;
    if (!make_question(&question, search))
        return WASI_ENOENT;
    if (host_socket_open(server->family, HOST_UDP, &socket))
        return WASI_EAGAIN;
    struct host_slice slice = {question.bytes, question.size};
    uint32_t error = host_socket_connect(socket, server); /* so that nobody else can answer */
    if (!error)
        error = host_socket_send(socket, &slice, 1, NULL, &sent);
    error = error ? WASI_EAGAIN : receive_answer(socket, &question, search);
    host_socket_close(socket);
    return error;
}

uint32_t host_resolve(const char *name, enum host_family family, struct host_address *addresses, size_t max,
                      size_t *count)
{
    struct search search = {.name = name, .family = family, .addresses = addresses, .max = max};
    struct host_address servers[SERVERS_MAX];
    uint32_t error = WASI_ENOENT;
    search_hosts(&search);
    size_t server_count = search.count ? 0 : find_servers(servers);
    for (size_t try = 0; try < TRIES * server_count; try++) {
        error = ask(&servers[try % server_count], &search);
        if (error != WASI_EAGAIN)
            break;
    }
    *count = search.count;
    return search.count ? WASI_SUCCESS : error;
}
