#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int set(struct err *err, enum exit_status status, const char *format, va_list args)
{
    if (err->set)
        return -1;
    err->set = true;
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
    text_make_printable(err->text, strlen(err->text)); /* one line, whatever a file's name or a tool's output holds */
    return -1;
}

int err_set(struct err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(err, EXIT_FAILED, format, args);
    va_end(args);
    return -1;
}

int err_set_status(struct err *err, enum exit_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(err, status, format, args);
    va_end(args);
    return -1;
}

int err_set_errno(struct err *err, const char *format, ...)
{
    char reason[128];
    const char *text = strerror_r(errno, reason, sizeof reason);
    if (err->set)
        return -1;
    va_list args;
    va_start(args, format);
    set(err, EXIT_FAILED, format, args);
    va_end(args);
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", text);
    return -1;
}

void err_prefix(struct err *err, const char *format, ...)
{
    if (!err->set)
        return;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    text_make_printable(err->text, strlen(err->text));
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", old);
}

void err_append(struct err *err, const char *hint)
{
    if (!err->set)
        return;
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, "%s", hint);
}

void err_replace(struct err *err, const char *temporary, const char *known)
{
    char *found = err->set ? strstr(err->text, temporary) : NULL;
    if (!found)
        return;
    char rest[sizeof err->text];
    snprintf(rest, sizeof rest, "%s", found + strlen(temporary));
    snprintf(found, sizeof err->text - (size_t)(found - err->text), "%s%s", known, rest);
}
