/* wasm2c_host.c: WASI for what wasm2c makes of the suite's programs: streams, arguments, clocks, exit. HEADER is the
 * header that wasm2c wrote with `--module-name=app`. What is missing here answers ENOSYS (run.sh: write_missing). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include HEADER

enum { ESUCCESS = 0, EBADF_WASI = 8, EINVAL_WASI = 28, ESPIPE_WASI = 70 };

struct Z_wasi_snapshot_preview1_instance_t {
    Z_app_instance_t *app;
    int argc;
    char **argv;
};

typedef struct Z_wasi_snapshot_preview1_instance_t host;

static u8 *at(host *h, u32 address)
{
    return Z_appZ_memory(h->app)->data + address;
}

static void put(host *h, u32 address, u32 value)
{
    memcpy(at(h, address), &value, sizeof(value));
}

static void copy_strings(host *h, char **strings, int count, u32 list, u32 bytes)
{
    for (int i = 0; i < count; i++) {
        put(h, list + 4 * (u32)i, bytes);
        strcpy((char *)at(h, bytes), strings[i]);
        bytes += (u32)strlen(strings[i]) + 1;
    }
}

u32 Z_wasi_snapshot_preview1Z_args_sizes_get(host *h, u32 count, u32 size)
{
    u32 total = 0;

    for (int i = 0; i < h->argc; i++)
        total += (u32)strlen(h->argv[i]) + 1;
    put(h, count, (u32)h->argc);
    put(h, size, total);
    return ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_args_get(host *h, u32 list, u32 bytes)
{
    copy_strings(h, h->argv, h->argc, list, bytes);
    return ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_environ_sizes_get(host *h, u32 count, u32 size)
{
    put(h, count, 0);
    put(h, size, 0);
    return ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_environ_get(host *h, u32 list, u32 bytes)
{
    (void)h, (void)list, (void)bytes;
    return ESUCCESS;
}

static u32 transfer(host *h, u32 fd, u32 list, u32 count, u32 done,
                    ssize_t (*move)(int fd, const struct iovec *vector, int count))
{
    struct iovec vector[16];
    ssize_t size;

    count = count < 16 ? count : 16;
    for (u32 i = 0; i < count; i++) {
        u32 pair[2];

        memcpy(pair, at(h, list + 8 * i), sizeof(pair));
        vector[i] = (struct iovec){at(h, pair[0]), pair[1]};
    }
    size = move((int)fd, vector, (int)count);
    if (size < 0)
        return EBADF_WASI;
    put(h, done, (u32)size);
    return ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_read(host *h, u32 fd, u32 list, u32 count, u32 done)
{
    return transfer(h, fd, list, count, done, readv);
}

u32 Z_wasi_snapshot_preview1Z_fd_write(host *h, u32 fd, u32 list, u32 count, u32 done)
{
    return transfer(h, fd, list, count, done, writev);
}

/* A character device with all rights, for the streams. */
u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(host *h, u32 fd, u32 stat)
{
    if (fd > 2)
        return EBADF_WASI;
    memset(at(h, stat), 0, 24);
    *at(h, stat) = 2;
    memset(at(h, stat) + 8, 0xff, 16);
    return ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_seek(host *h, u32 fd, u64 offset, u32 whence, u32 result)
{
    (void)h, (void)fd, (void)offset, (void)whence, (void)result;
    return ESPIPE_WASI;
}

u32 Z_wasi_snapshot_preview1Z_fd_close(host *h, u32 fd)
{
    (void)h;
    return fd > 2 ? EBADF_WASI : ESUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_prestat_get(host *h, u32 fd, u32 prestat)
{
    (void)h, (void)fd, (void)prestat;
    return EBADF_WASI;
}

u32 Z_wasi_snapshot_preview1Z_clock_time_get(host *h, u32 clock, u64 precision, u32 result)
{
    struct timespec time;
    u64 now;

    (void)precision;
    clock_gettime(clock ? CLOCK_MONOTONIC : CLOCK_REALTIME, &time);
    now = (u64)time.tv_sec * 1000000000u + (u64)time.tv_nsec;
    memcpy(at(h, result), &now, sizeof(now));
    return ESUCCESS;
}

void Z_wasi_snapshot_preview1Z_proc_exit(host *h, u32 code)
{
    (void)h;
    exit((int)code);
}

int main(int argc, char **argv)
{
    static Z_app_instance_t app;
    host h = {&app, argc, argv};

    wasm_rt_init();
    Z_app_init_module();
    Z_app_instantiate(&app, &h);
    Z_appZ__start(&app);
    return 0;
}
