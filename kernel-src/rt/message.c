/* message.c: see message.h. */
#include "rt/message.h"

#include "rt/format.h"
#include "wasi/host.h"

#define MESSAGE_SIZE 512
#define STDERR       2

void message_write(const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list values;
    va_start(values, format);
    size_t size = format_text_list(text, sizeof text, format, values);
    va_end(values);
    text[size - 1] = '\n'; /* also where it was cut off */
    struct host_slice slice = {.data = text, .size = size};
    size_t written;
    host_stream_write(STDERR, &slice, 1, &written); /* there is nobody to tell of an error */
}
