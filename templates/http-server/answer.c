/* answer.c: see answer.h.
 *
 * Files are opened relative to the folder, and WASI lets no such path lead out of it, neither by ".." nor by a link. */
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content_type.h"

#define PATH_SIZE  4096
#define INDEX      "index.html"
#define PIECE_SIZE (64 << 10)

static int root;

bool answer_open_folder(const char *path)
{
    root = open(path, O_RDONLY | O_DIRECTORY);
    return root >= 0;
}

/* --- heads --- */

static const char *connection_field(const struct answer *answer)
{
    return answer->keep_alive ? "" : "Connection: close\r\n";
}

/* An answer without a file. `fields` are lines of the head, each with its end. */
static void say(struct answer *answer, bool is_head, const char *status, const char *fields)
{
    int size =
        snprintf(answer->head, sizeof answer->head,
                 "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s%s\r\n%s%s", status,
                 strlen(status) + 1, fields, connection_field(answer), is_head ? "" : status, is_head ? "" : "\n");
    answer->head_size = (size_t)size;
    answer->size = size;
}

static void send_file(struct answer *answer, bool is_head, const char *path, int file, long long size)
{
    int head_size = snprintf(answer->head, sizeof answer->head,
                             "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %lld\r\n%s\r\n",
                             content_type(path), size, connection_field(answer));
    answer->head_size = (size_t)head_size;
    answer->size = head_size;
    if (is_head) {
        close(file);
        return;
    }
    answer->file = file;
    answer->size += size;
}

/* Links in the page of a folder are relative to it, which they are only if the address ends with a slash. The place is
 * the last name with a slash behind it, relative, so that it stays on this server whatever the path begins with. */
static void redirect(struct answer *answer, const struct request *request)
{
    size_t begin = request->path_size;
    while (begin > 0 && request->path[begin - 1] != '/')
        begin--;
    char location[800]; /* a name of 255 bytes, each of them encoded */
    int size = snprintf(location, sizeof location, "Location: ./%.*s/\r\n", (int)(request->path_size - begin),
                        request->path + begin);
    if (size >= (int)sizeof location)
        say(answer, request->is_head, "404 Not Found", "");
    else
        say(answer, request->is_head, "301 Moved Permanently", location);
}

/* --- paths --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' ^ 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path relative to the folder, with %20 and the like decoded, and that of a folder with its page's name. False: it
 * is none. A zero ends names, and line ends would end the lines of our head. */
static bool decode_path(const struct request *request, char path[PATH_SIZE])
{
    size_t size = 0, at = 0;
    while (at < request->path_size && request->path[at] == '/')
        at++;
    if (at == 0)
        return false;
    for (; at < request->path_size; at++) {
        char c = request->path[at];
        if (c == '%') {
            int high = at + 2 < request->path_size ? hex_digit(request->path[at + 1]) : -1;
            int low = high >= 0 ? hex_digit(request->path[at + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            at += 2;
        }
        if (c == '\0' || c == '\r' || c == '\n' || size + sizeof INDEX >= PATH_SIZE)
            return false;
        path[size++] = c;
    }
    if (request->path[request->path_size - 1] == '/')
        memcpy(path + size, INDEX, sizeof INDEX);
    else
        path[size] = '\0';
    return true;
}

static void find_file(struct answer *answer, const struct request *request)
{
    char path[PATH_SIZE];
    struct stat status = {0};
    if (!decode_path(request, path)) {
        say(answer, request->is_head, "400 Bad Request", "");
        return;
    }
    int file = openat(root, path, O_RDONLY);
    if (file < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        say(answer, request->is_head, "503 Service Unavailable", "");
    else if (file < 0)
        say(answer, request->is_head, "404 Not Found", "");
    else if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
        send_file(answer, request->is_head, path, file, status.st_size);
    else {
        close(file);
        if (S_ISDIR(status.st_mode))
            redirect(answer, request);
        else
            say(answer, request->is_head, "404 Not Found", "");
    }
}

/* --- the whole --- */

void answer_begin(struct answer *answer, enum http_result result, const struct request *request)
{
    answer->file = -1;
    answer->position = 0;
    answer->keep_alive = result == HTTP_REQUEST && request->keep_alive;
    if (result == HTTP_REQUEST)
        find_file(answer, request);
    else if (result == HTTP_OTHER)
        say(answer, false, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
    else
        say(answer, false, "400 Bad Request", "");
}

/* The next bytes of the answer, as many as there is room for. */
static ssize_t read_piece(const struct answer *answer, char *piece)
{
    size_t size = 0;
    if (answer->position < (long long)answer->head_size) {
        size = answer->head_size - (size_t)answer->position;
        memcpy(piece, answer->head + answer->position, size);
    }
    long long rest = answer->size - answer->position - (long long)size;
    if (rest == 0)
        return (ssize_t)size;
    size_t room = PIECE_SIZE - size;
    off_t offset = answer->position + (long long)size - (long long)answer->head_size;
    ssize_t got = pread(answer->file, piece + size, rest < (long long)room ? (size_t)rest : room, offset);
    return got > 0 ? (ssize_t)size + got : -1; /* a file that became shorter cannot be what was promised */
}

/* All connections share the piece: what the peer does not take is read again when it does. */
enum progress answer_send(struct answer *answer, int socket)
{
    static char piece[PIECE_SIZE];
    while (answer->position < answer->size) {
        ssize_t size = read_piece(answer, piece);
        ssize_t sent = size < 0 ? -1 : write(socket, piece, (size_t)size);
        if (size > 0 && sent < 0 && errno == EAGAIN)
            return WAITS;
        if (sent < 0)
            return FAILED;
        answer->position += sent;
    }
    return DONE;
}

void answer_end(struct answer *answer)
{
    if (answer->file >= 0)
        close(answer->file);
    answer->file = -1;
}
