#include "metadata/metadata.h"

#include "hosts/mewz/config.h"
#include "metadata/base64.h"
#include "metadata/http.h"
#include "rt/format.h"
#include "rt/message.h"

#define RETRY        300000000ull /* ns */
#define HOSTNAME_MAX 253          /* RFC 1123, section 2.1 */
#define TOKEN_MAX    512

struct cloud {
    const char *name, *token, *header, *hostname, *user_data;
    bool is_base64;
};

static const struct cloud clouds[] = {
#define METADATA(name, token, header, hostname, user_data, is_base64)                                                  \
    {name, token, header, hostname, user_data, is_base64},
#include <mewz/metadata.def>
#undef METADATA
};

static struct http_request request = {.server = {HOST_IPV4, {169, 254, 169, 254}, 80}};

static bool is_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static const struct cloud *find_cloud(const char *name)
{
    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++)
        if (is_equal(clouds[i].name, name))
            return &clouds[i];
    return NULL;
}

/* --- asking --- */

/* Asks until there is a connection, since a cloud's network may need a moment, or the time is over. */
static bool ask(const char *method, const char *path, const char *headers, struct http_response *response)
{
    *response = (struct http_response){0};
    request.method = method;
    request.path = path;
    request.headers = headers;
    enum http_outcome outcome;
    while ((outcome = http_ask(&request, response)) == HTTP_UNREACHABLE) {
        uint64_t now = host_clock_now(HOST_CLOCK_MONOTONIC);
        if (now + RETRY >= request.deadline)
            break;
        host_wait(now + RETRY, NULL);
    }
    return outcome == HTTP_ANSWERED;
}

/* Whether all bytes are printable ASCII. */
static bool is_line(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return size > 0;
}

/* The headers of each request; those with a token in memory of their own. A service without tokens, which only newer
 * ones have, is asked without. NULL where none answers. */
static const char *begin_session(const struct cloud *cloud)
{
    static char headers[TOKEN_MAX + 64];
    struct http_response response;
    if (!cloud->token)
        return cloud->header;
    if (!ask("PUT", cloud->token, "X-aws-ec2-metadata-token-ttl-seconds: 60\r\nContent-Length: 0\r\n", &response))
        return NULL;
    if (response.status == 200 && response.size <= TOKEN_MAX && is_line(response.body, response.size))
        format_text(headers, sizeof headers, "X-aws-ec2-metadata-token: %s\r\n", response.body);
    return headers;
}

/* --- the environment --- */

static bool has_variable(const char *bytes, uint32_t count, const char *name)
{
    for (; count > 0; count--) {
        size_t i = 0;
        while (name[i] && bytes[i] == name[i])
            i++;
        if (!name[i] && bytes[i] == '=')
            return true;
        while (*bytes++)
            ;
    }
    return false;
}

static void add_variable(const char *name, const char *value, size_t value_size)
{
    const char *bytes;
    uint32_t count, size;
    size_t name_size = 0;
    host_environ(&bytes, &count, &size);
    if (has_variable(bytes, count, name))
        return;
    while (name[name_size])
        name_size++;
    char *longer = host_memory_take(size + name_size + 1 + value_size + 1);
    if (!longer) {
        message_write("%s: no memory for %s of the cloud's metadata\n", mewz_program.name, name);
        return;
    }
    __builtin_memcpy(longer, bytes, size);
    __builtin_memcpy(longer + size, name, name_size);
    longer[size + name_size] = '=';
    __builtin_memcpy(longer + size + name_size + 1, value, value_size);
    config_set_environ(longer, count + 1, (uint32_t)(size + name_size + 1 + value_size + 1));
}

static void take_hostname(const struct http_response *response)
{
    size_t size = 0; /* the first word; a service may end it with a newline */
    while (size < response->size && response->body[size] > ' ')
        size++;
    if (size <= HOSTNAME_MAX && is_line(response->body, size))
        add_variable("HOSTNAME", response->body, size);
}

static void take_user_data(const struct cloud *cloud, struct http_response *response)
{
    bool is_text = !cloud->is_base64 || base64_decode(response->body, &response->size);
    for (size_t i = 0; is_text && i < response->size; i++)
        is_text = response->body[i] != 0;
    if (is_text && response->size > 0)
        add_variable("USER_DATA", response->body, response->size);
    else if (!is_text)
        message_write("%s: the user data of the cloud's metadata is no text: left out\n", mewz_program.name);
}

void metadata_fetch(void)
{
    const char *name = host_setting("metadata", 0);
    const struct cloud *cloud = name ? find_cloud(name) : NULL;
    struct http_response response;
    if (!cloud)
        return;
    request.deadline = host_clock_now(HOST_CLOCK_MONOTONIC) + METADATA_PATIENCE;
    const char *headers = begin_session(cloud);
    bool answered = headers && ask("GET", cloud->hostname, headers, &response);
    if (answered && response.status == 200)
        take_hostname(&response);
    answered = answered && ask("GET", cloud->user_data, headers, &response);
    if (answered && response.status == 200)
        take_user_data(cloud, &response);
    if (!answered)
        message_write("%s: no answer from the cloud's metadata service at 169.254.169.254\n", mewz_program.name);
}
