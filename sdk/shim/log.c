#include "shim/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

static int log_fd = -1;
static int log_debug;

void log_open(const char *path, int debug)
{
    log_debug = debug;
    /* Both ways: with the reader gone, writing would raise SIGPIPE and the next containerd find nobody at work. */
    log_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

void log_close(void)
{
    log_fd = -1;
}

static void put_quoted(struct buf *line, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_byte(line, '\\');
        buf_byte(line, (unsigned char)*text);
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (log_fd < 0 || (level == LOG_DEBUG && !log_debug))
        return;
    char text[1200], date[32];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    text_make_printable(text, strlen(text));

    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &parts));
    struct buf line = {0};
    buf_printf(&line, "time=\"%s.%09ldZ\" level=%s msg=\"", date, now.tv_nsec, names[level]);
    put_quoted(&line, text);
    buf_printf(&line, "\"\n");
    (void)!write(log_fd, line.data, line.size); /* full: nobody reads, and the shim has better to do */
    buf_free(&line);
}
