/* stream.c: the standard streams, on the console (dev/console.h). */
#include "arch/x86_64/time.h"
#include "dev/console.h"
#include "wasi/host.h"
#include "wasi/types.h"

int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written)
{
    *written = 0;
    for (size_t i = 0; i < count; i++) {
        if (!console_write((enum console_stream)stream, slices[i].data, slices[i].size))
            return WASI_EPIPE;
        *written += slices[i].size;
    }
    console_push((enum console_stream)stream);
    return 0;
}

int host_stream_read(int stream, const struct host_slice *slices, size_t count, size_t *read)
{
    (void)stream; /* stdin is the only one to read from */
    struct host_watch watch = {.wanted = HOST_READABLE};
    uint64_t waiting;
    *read = 0;
    while (!console_is_ready(&waiting))
        host_wait(TIME_NEVER, &watch);
    for (size_t i = 0; i < count && waiting > 0; i++) {
        size_t part = console_read(slices[i].data, slices[i].size);
        *read += part;
        if (part < slices[i].size)
            break;
    }
    return 0;
}

bool host_stream_is_terminal(int stream)
{
    return console_is_terminal((enum console_stream)stream);
}
