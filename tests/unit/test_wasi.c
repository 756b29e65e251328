/* The WASI layer over a host that is made here: results, errno values, and addresses that are out of bounds. Linear
 * memory is a block of the heap, so that the sanitizers see whoever leaves it. */
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "hosts/mewz/mounts.h"
#include "pages.h"
#include "rt/trap.h"
#include "wasi/args.c"
#include "wasi/clock.c"
#include "wasi/environ.c"
#include "wasi/exit.c"
#include "wasi/fd.c"
#include "wasi/fd_read.c"
#include "wasi/fd_stat.c"
#include "wasi/fd_write.c"
#include "wasi/file.c"
#include "wasi/file_kind.c"
#include "wasi/iovec.c"
#include "wasi/path.c"
#include "wasi/poll.c"
#include "wasi/preopens.c"
#include "wasi/raise.c"
#include "wasi/random.c"
#include "wasi/readdir.c"
#include "wasi/sched.c"
#include "wasi/sock.c"
#include "wasi/stream.c"
#include "wasi/strings.c"
#include "wasi/unstable_path.c"
#include "wasi/unstable_seek.c"
#include "wasi/unstable_stat.c"
#include "wasi/wasmedge.h"

#define SIZE (2 * MEWZ_PAGE_SIZE) /* of linear memory: addresses below are of our choice, mostly multiples of 1000 */
#define END  ((uint32_t)SIZE)

static struct mewz_memory memories[1];
static struct mewz_memory *const memory_list[] = {memories};
struct mewz_program mewz_program = {.memory_count = 1, .memories = memory_list};

/* --- the host --- */

static struct {
    char text[3][1 << 20]; /* what was written to each stream */
    size_t size[3];
    size_t write_limit; /* of one stream before EPIPE */
    const char *in;
    size_t in_size;
    unsigned reads;
    bool terminal;
    uint64_t now;
    uint64_t realtime; /* at now = 0 */
    uint64_t waited_until;
    unsigned waits;
    int exit_code;
    enum mewz_trap trap;
    jmp_buf ended;
} host;

static const char arg_bytes[] = "app\0-v\0\0last one";
static const char environ_bytes[] = "A=1\0PATH=/bin";

void host_args(const char **bytes, uint32_t *count, uint32_t *size)
{
    *bytes = arg_bytes;
    *count = 4;
    *size = sizeof arg_bytes;
}

void host_environ(const char **bytes, uint32_t *count, uint32_t *size)
{
    *bytes = environ_bytes;
    *count = 2;
    *size = sizeof environ_bytes;
}

/* Nothing is mounted here. */
struct vfs_node *mounts_add(struct vfs_node *root)
{
    return root;
}

_Noreturn void host_exit(int code)
{
    host.exit_code = code;
    longjmp(host.ended, 1);
}

_Noreturn void trap_report(enum mewz_trap kind, const struct trap_registers *registers, uint64_t fault_address)
{
    CHECK(fault_address == 0 && registers->rip != 0);
    host.trap = kind;
    longjmp(host.ended, 1);
}

int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written)
{
    CHECK(stream == 1 || stream == 2);
    *written = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(slices[i].size > 0);
        if (host.size[stream] + slices[i].size > host.write_limit)
            return WASI_EPIPE;
        memcpy(host.text[stream] + host.size[stream], slices[i].data, slices[i].size);
        host.size[stream] += slices[i].size;
        *written += slices[i].size;
    }
    return WASI_SUCCESS;
}

int host_stream_read(int stream, const struct host_slice *slices, size_t count, size_t *read)
{
    CHECK(stream == 0 && count > 0);
    host.reads++;
    *read = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(slices[i].size > 0);
        size_t size = slices[i].size < host.in_size ? slices[i].size : host.in_size;
        memcpy(slices[i].data, host.in, size);
        host.in += size;
        host.in_size -= size;
        *read += size;
    }
    return WASI_SUCCESS;
}

bool host_stream_is_terminal(int stream)
{
    return host.terminal && stream >= 0;
}

const char *host_setting(const char *name, uint32_t index)
{
    (void)name;
    (void)index;
    return NULL;
}

uint64_t host_clock_now(enum host_clock clock)
{
    host.now++;                     /* no two readings are the same */
    static const int offset = 1000; /* of processor time, so that it can be told from the monotonic clock */
    return host.now + (clock == HOST_CLOCK_REALTIME ? host.realtime : clock == HOST_CLOCK_PROCESSOR ? offset : 0);
}

uint64_t host_clock_resolution(enum host_clock clock)
{
    return clock == HOST_CLOCK_REALTIME ? 1000 : 1;
}

void host_wait(uint64_t deadline, struct host_watch *list)
{
    host.waits++;
    host.waited_until = deadline;
    CHECK(!list || (list->wanted == HOST_READABLE && !list->socket && !list->next)); /* there is only stdin */
    bool ready = list && host.in;
    CHECK(ready || deadline != UINT64_MAX); /* or the test would hang */
    if (list) {
        list->ready = !ready ? 0 : host.in_size ? HOST_READABLE : HOST_READABLE | HOST_END;
        list->bytes = ready ? host.in_size : 0;
    }
    if (!ready && host.now < deadline)
        host.now = deadline;
}

void *host_memory_take(size_t size)
{
    return size ? NULL : NULL;
}

void message_write(const char *format, ...)
{
    fprintf(stderr, "message: %s", format);
}

void host_random(void *bytes, size_t size)
{
    memset(bytes, 0x5a, size);
}

/* --- the program's side --- */

static void reset(void)
{
    free(memories[0].base);
    memset(&host, 0, sizeof host);
    host.write_limit = sizeof host.text[0];
    memories[0] = (struct mewz_memory){.base = malloc(SIZE), .pages = 2, .min_pages = 2, .max_pages = 2};
    memset(memories[0].base, 0xee, SIZE);
    table[0] = (struct fd){.kind = &stream_kind, .stream = 0, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_READ};
    table[1] = (struct fd){.kind = &stream_kind, .stream = 1, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_WRITE};
    table[2] = (struct fd){.kind = &stream_kind, .stream = 2, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_WRITE};
}

static void poke(uint32_t address, const void *value, size_t size)
{
    CHECK(address + size <= SIZE);
    memcpy(memories[0].base + address, value, size);
}

static void poke_u32(uint32_t address, uint32_t value)
{
    poke(address, &value, sizeof value);
}

static void poke_iovec(uint32_t list, unsigned index, uint32_t data, uint32_t size)
{
    poke_u32(list + index * 8, data);
    poke_u32(list + index * 8 + 4, size);
}

static uint32_t peek_u32(uint32_t address)
{
    uint32_t value;
    memcpy(&value, memories[0].base + address, sizeof value);
    return value;
}

static uint64_t peek_u64(uint32_t address)
{
    uint64_t value;
    memcpy(&value, memories[0].base + address, sizeof value);
    return value;
}

static bool same(uint32_t address, const void *bytes, size_t size)
{
    CHECK(address + size <= SIZE);
    return memcmp(memories[0].base + address, bytes, size) == 0;
}

/* --- the table: every function is there, with the type that the compiler expects --- */

typedef uint32_t i;
typedef uint64_t l;

#define SIGNATURE(function)                                                                                            \
    _Generic(&(function),                                                                                              \
        void (*)(i): "i:",                                                                                             \
        i (*)(void): ":i",                                                                                             \
        i (*)(i): "i:i",                                                                                               \
        i (*)(i, i): "ii:i",                                                                                           \
        i (*)(i, l): "iI:i",                                                                                           \
        i (*)(i, i, i): "iii:i",                                                                                       \
        i (*)(i, l, i): "iIi:i",                                                                                       \
        i (*)(i, l, l): "iII:i",                                                                                       \
        i (*)(i, l, l, i): "iIIi:i",                                                                                   \
        i (*)(i, l, i, i): "iIii:i",                                                                                   \
        i (*)(i, i, i, i): "iiii:i",                                                                                   \
        i (*)(i, i, i, i, i): "iiiii:i",                                                                               \
        i (*)(i, i, i, l, i): "iiiIi:i",                                                                               \
        i (*)(i, i, i, i, i, i): "iiiiii:i",                                                                           \
        i (*)(i, i, i, i, l, l, i): "iiiiIIi:i",                                                                       \
        i (*)(i, i, i, i, i, i, i, i): "iiiiiiii:i",                                                                   \
        i (*)(i, i, i, i, i, i, i): "iiiiiii:i",                                                                       \
        i (*)(i, i, i, i, i, l, l, i, i): "iiiiiIIii:i")

static void test_signatures(void)
{
    unsigned count = 0;
#define WASI(module, name, signature, function)                                                                        \
    CHECK(strcmp(#module, strncmp(#function, "unstable_", 9) ? "wasi_snapshot_preview1" : "wasi_unstable") == 0);      \
    CHECK(strcmp(SIGNATURE(wasi_##function), signature) == 0);                                                         \
    count++;
#include <mewz/wasi.def>
#undef WASI
    CHECK(count == 74);
}

/* --- arguments, environment, clocks, random, the end --- */

static void test_strings(void)
{
    reset();
    CHECK(wasi_args_sizes_get(1001, 2000) == WASI_SUCCESS); /* any alignment */
    CHECK(peek_u32(1001) == 4 && peek_u32(2000) == sizeof arg_bytes);
    CHECK(wasi_args_get(3000, 4000) == WASI_SUCCESS);
    CHECK(same(4000, arg_bytes, sizeof arg_bytes));
    CHECK(peek_u32(3000) == 4000 && peek_u32(3004) == 4004 && peek_u32(3008) == 4007 && peek_u32(3012) == 4008);
    CHECK(wasi_environ_sizes_get(1000, 2000) == WASI_SUCCESS);
    CHECK(peek_u32(1000) == 2 && peek_u32(2000) == sizeof environ_bytes);
    CHECK(wasi_environ_get(END - 8, END - 8 - sizeof environ_bytes) == WASI_SUCCESS); /* to the last byte */
    CHECK(peek_u32(END - 4) == END - 8 - sizeof environ_bytes + 4);

    CHECK(wasi_args_sizes_get(END - 3, 2000) == WASI_EFAULT);
    CHECK(wasi_args_sizes_get(1000, UINT32_MAX) == WASI_EFAULT);
    CHECK(wasi_args_get(END - 15, 4000) == WASI_EFAULT);
    CHECK(wasi_args_get(3000, (uint32_t)(END - sizeof arg_bytes + 1)) == WASI_EFAULT);
}

static void test_clocks(void)
{
    reset();
    host.realtime = 1700000000000000000;
    CHECK(wasi_clock_time_get(WASI_CLOCK_MONOTONIC, 0, 1000) == WASI_SUCCESS && peek_u64(1000) == 1);
    CHECK(wasi_clock_time_get(WASI_CLOCK_REALTIME, 0, 1003) == WASI_SUCCESS && peek_u64(1003) == host.realtime + 2);
    CHECK(wasi_clock_res_get(WASI_CLOCK_REALTIME, 1000) == WASI_SUCCESS && peek_u64(1000) == 1000);
    CHECK(wasi_clock_time_get(WASI_CLOCK_PROCESS_CPUTIME, 0, 1000) == WASI_SUCCESS && peek_u64(1000) == 1003);
    CHECK(wasi_clock_time_get(WASI_CLOCK_THREAD_CPUTIME, 0, 1000) == WASI_SUCCESS && peek_u64(1000) == 1004);
    CHECK(wasi_clock_time_get(77, 0, 1000) == WASI_EINVAL);
    CHECK(wasi_clock_res_get(77, 1000) == WASI_EINVAL);
    CHECK(wasi_clock_time_get(WASI_CLOCK_MONOTONIC, 0, END - 7) == WASI_EFAULT);
    CHECK(wasi_clock_res_get(WASI_CLOCK_MONOTONIC, END) == WASI_EFAULT);
}

static void test_random(void)
{
    reset();
    CHECK(wasi_random_get(1000, 3) == WASI_SUCCESS);
    CHECK(same(999, "\xee\x5a\x5a\x5a\xee", 5));
    CHECK(wasi_random_get(0, END) == WASI_SUCCESS);
    CHECK(wasi_random_get(END, 0) == WASI_SUCCESS);
    CHECK(wasi_random_get(1, END) == WASI_EFAULT);
    CHECK(wasi_random_get(END + 1, 0) == WASI_EFAULT);
    CHECK(wasi_random_get(UINT32_MAX, UINT32_MAX) == WASI_EFAULT);
}

static void test_end(void)
{
    reset();
    if (setjmp(host.ended) == 0)
        wasi_proc_exit(0x142);
    CHECK(host.exit_code == 0x42);
    CHECK(wasi_proc_raise(0) == WASI_EINVAL && wasi_proc_raise(31) == WASI_EINVAL);
    CHECK(wasi_proc_raise(UINT32_MAX) == WASI_EINVAL);
    CHECK(wasi_proc_raise(16) == WASI_SUCCESS); /* SIGCHLD */
    CHECK(wasi_proc_raise(18) == WASI_ENOTSUP); /* SIGSTOP */
    CHECK(host.trap == 0);
    if (setjmp(host.ended) == 0)
        wasi_proc_raise(6); /* SIGABRT */
    CHECK(host.trap == MEWZ_TRAP_RAISED);
    CHECK(wasi_sched_yield() == WASI_SUCCESS);
}

/* --- streams --- */

static void test_write(void)
{
    reset();
    poke(5000, "hello world\n", 12);
    poke_iovec(1000, 0, 5000, 5);
    poke_iovec(1000, 1, END, 0); /* empty ones may lie at the end */
    poke_iovec(1000, 2, 5005, 7);
    CHECK(wasi_fd_write(1, 1000, 3, 2000) == WASI_SUCCESS && peek_u32(2000) == 12);
    CHECK(host.size[1] == 12 && memcmp(host.text[1], "hello world\n", 12) == 0);
    CHECK(wasi_fd_write(2, 1000, 1, 2000) == WASI_SUCCESS && peek_u32(2000) == 5 && host.size[2] == 5);
    CHECK(wasi_fd_write(1, 1000, 0, 2000) == WASI_SUCCESS && peek_u32(2000) == 0);

    CHECK(wasi_fd_write(0, 1000, 1, 2000) == WASI_EBADF);
    CHECK(wasi_fd_write(3, 1000, 1, 2000) == WASI_EBADF);
    CHECK(wasi_fd_write(UINT32_MAX, 1000, 1, 2000) == WASI_EBADF);
    CHECK(host.size[1] == 12);
    CHECK(wasi_fd_write(1, 1000, 1, END - 3) == WASI_EFAULT); /* nothing is written if the count cannot be */
    CHECK(wasi_fd_write(1, END - 7, 1, 2000) == WASI_EFAULT);
    CHECK(wasi_fd_write(1, 1000, UINT32_MAX, 2000) == WASI_EFAULT);
    poke_iovec(1000, 2, END - 6, 7);
    CHECK(wasi_fd_write(1, 1000, 3, 2000) == WASI_EFAULT);
    poke_iovec(1000, 2, UINT32_MAX, UINT32_MAX);
    CHECK(wasi_fd_write(1, 1000, 3, 2000) == WASI_EFAULT);
    CHECK(host.size[1] == 12);
}

static void test_long_lists(void)
{
    reset();
    unsigned count = IOVEC_BATCH * 3 + 5;
    for (unsigned n = 0; n < count; n++)
        poke_iovec(10000, n, 20000 + n, n % 3 == 0 ? 0 : 1);
    for (unsigned n = 0; n < count; n++)
        memories[0].base[20000 + n] = (uint8_t)n;
    CHECK(wasi_fd_write(1, 10000, count, 2000) == WASI_SUCCESS);
    CHECK(peek_u32(2000) == count - (count + 2) / 3 && host.size[1] == peek_u32(2000));
    for (unsigned n = 0, place = 0; n < count; n++) {
        if (n % 3)
            CHECK(host.text[1][place++] == (char)n);
    }

    poke_iovec(10000, IOVEC_BATCH * 3, END, 1); /* what was written before the bad one counts */
    host.size[1] = 0;
    CHECK(wasi_fd_write(1, 10000, count, 2000) == WASI_SUCCESS);
    CHECK(peek_u32(2000) == host.size[1] && host.size[1] > 0 && host.size[1] < IOVEC_BATCH * 3);

    for (unsigned n = 0; n < IOVEC_BATCH * 2; n++)
        poke_iovec(10000, n, 0, 0); /* not the end of the stream: the buffers are just empty */
    poke_iovec(10000, IOVEC_BATCH * 2, 30000, 4);
    host.in = "data";
    host.in_size = 4;
    CHECK(wasi_fd_read(0, 10000, IOVEC_BATCH * 2 + 1, 2000) == WASI_SUCCESS && peek_u32(2000) == 4);
    CHECK(same(30000, "data", 4));
}

static void test_broken_pipe(void)
{
    reset();
    poke_iovec(1000, 0, 0, 100);
    poke_iovec(1000, 1, 0, 100);
    host.write_limit = 150;
    CHECK(wasi_fd_write(1, 1000, 2, 2000) == WASI_SUCCESS && peek_u32(2000) == 100);
    CHECK(wasi_fd_write(1, 1000, 2, 2000) == WASI_EPIPE);
}

/* The sum of the buffers' sizes does not fit the result. */
static void test_huge_write(void)
{
    struct iovec_walk walk = {.address = 0, .count = 3, .room = 10};
    struct host_slice slices[IOVEC_BATCH];
    size_t used;
    reset();
    for (unsigned n = 0; n < 3; n++)
        poke_iovec(0, n, 5000, 6);
    CHECK(iovec_take(&walk, slices, &used) == WASI_SUCCESS && used == 2);
    CHECK(slices[0].size == 6 && slices[1].size == 4 && walk.room == 0);
    CHECK(iovec_take(&walk, slices, &used) == WASI_SUCCESS && used == 0);
}

static void test_read(void)
{
    reset();
    host.in = "input";
    host.in_size = 5;
    poke_iovec(1000, 0, 5000, 3);
    poke_iovec(1000, 1, 6000, 3);
    CHECK(wasi_fd_read(0, 1000, 2, 2000) == WASI_SUCCESS && peek_u32(2000) == 5);
    CHECK(same(5000, "inp\xee", 4) && same(6000, "ut\xee", 3));
    CHECK(wasi_fd_read(0, 1000, 2, 2000) == WASI_SUCCESS && peek_u32(2000) == 0);
    unsigned reads = host.reads;
    CHECK(wasi_fd_read(0, 1000, 0, 2000) == WASI_SUCCESS && peek_u32(2000) == 0);
    CHECK(wasi_fd_read(0, 1000, 2, END - 3) == WASI_EFAULT);
    CHECK(wasi_fd_read(0, END, 1, 2000) == WASI_EFAULT);
    poke_iovec(1000, 1, END - 2, 3);
    CHECK(wasi_fd_read(0, 1000, 2, 2000) == WASI_EFAULT);
    CHECK(wasi_fd_read(1, 1000, 2, 2000) == WASI_EBADF);
    CHECK(wasi_fd_read(9, 1000, 2, 2000) == WASI_EBADF);
    CHECK(host.reads == reads); /* none of these has cost input */

    CHECK(wasi_fd_fdstat_set_flags(0, WASI_FDFLAG_NONBLOCK) == WASI_SUCCESS);
    host.in = NULL;
    CHECK(wasi_fd_read(0, 1000, 1, 2000) == WASI_EAGAIN && host.reads == reads);
    host.in = "x";
    host.in_size = 1;
    CHECK(wasi_fd_read(0, 1000, 1, 2000) == WASI_SUCCESS && peek_u32(2000) == 1);
}

/* A file on a disk that cannot read on. */
static uint32_t read_some(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                          size_t *done)
{
    CHECK(file == NULL && count == 1 && slices[0].size == 8);
    *done = *offset < 3 ? 3 - *offset : 0;
    *offset += *done;
    return WASI_EIO;
}

static uint32_t read_fd(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    return read_some(fd->file, slices, count, &fd->offset, done);
}

/* What was read before an error is not lost. */
static void test_read_error(void)
{
    static const struct fd_file_kind failing = {.read = read_some};
    static const struct fd_kind kind = {.read = read_fd, .file = &failing};
    reset();
    table[0].kind = &kind;
    poke_iovec(1000, 0, 5000, 8);
    CHECK(wasi_fd_read(0, 1000, 1, 2000) == WASI_SUCCESS && peek_u32(2000) == 3);
    CHECK(wasi_fd_read(0, 1000, 1, 2000) == WASI_EIO);
    CHECK(wasi_fd_pread(0, 1000, 1, 1, 2000) == WASI_SUCCESS && peek_u32(2000) == 2);
    CHECK(wasi_fd_pread(0, 1000, 1, 3, 2000) == WASI_EIO);
}

static void test_stat(void)
{
    struct wasi_fdstat stat;
    reset();
    CHECK(wasi_fd_fdstat_get(1, 1000) == WASI_SUCCESS);
    memcpy(&stat, memories[0].base + 1000, sizeof stat);
    CHECK(stat.filetype == WASI_FILETYPE_UNKNOWN && stat.flags == 0 && stat.rights_inheriting == 0);
    CHECK(stat.rights_base == table[1].rights);
    host.terminal = true;
    CHECK(wasi_fd_fdstat_set_flags(1, WASI_FDFLAG_APPEND) == WASI_SUCCESS);
    CHECK(wasi_fd_fdstat_get(1, 1000) == WASI_SUCCESS);
    memcpy(&stat, memories[0].base + 1000, sizeof stat);
    CHECK(stat.filetype == WASI_FILETYPE_CHARACTER_DEVICE && stat.flags == WASI_FDFLAG_APPEND);
    CHECK(!(stat.rights_base & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL))); /* or isatty says no */
    CHECK(wasi_fd_fdstat_get(1, END - 23) == WASI_EFAULT && wasi_fd_fdstat_get(3, 1000) == WASI_EBADF);
    CHECK(wasi_fd_fdstat_set_flags(1, WASI_FDFLAG_SYNC) == WASI_EINVAL);
    CHECK(wasi_fd_fdstat_set_flags(1, 0x10004) == WASI_EINVAL);
    table[1].flags = WASI_FDFLAG_DSYNC; /* as path_open was told */
    CHECK(wasi_fd_fdstat_set_flags(1, WASI_FDFLAG_NONBLOCK) == WASI_SUCCESS);
    CHECK(table[1].flags == (WASI_FDFLAG_DSYNC | WASI_FDFLAG_NONBLOCK));
    CHECK(wasi_fd_fdstat_set_flags(1, WASI_FDFLAG_DSYNC | WASI_FDFLAG_APPEND) == WASI_SUCCESS);
    CHECK(table[1].flags == (WASI_FDFLAG_DSYNC | WASI_FDFLAG_APPEND));
    CHECK(wasi_fd_fdstat_set_flags(1, WASI_FDFLAG_DSYNC | WASI_FDFLAG_SYNC) == WASI_EINVAL);

    struct wasi_filestat file;
    CHECK(wasi_fd_filestat_get(2, 1000) == WASI_SUCCESS);
    memcpy(&file, memories[0].base + 1000, sizeof file);
    CHECK(file.filetype == WASI_FILETYPE_CHARACTER_DEVICE && file.inode == 2 && file.size == 0);
    CHECK(wasi_fd_filestat_get(2, END - 63) == WASI_EFAULT);

    CHECK(wasi_fd_fdstat_set_rights(1, WASI_RIGHT_FD_SEEK, 0) == WASI_ENOTCAPABLE);
    CHECK(wasi_fd_fdstat_set_rights(1, WASI_RIGHT_FD_WRITE, 1) == WASI_ENOTCAPABLE);
    CHECK(wasi_fd_fdstat_set_rights(1, WASI_RIGHT_FD_WRITE, 0) == WASI_SUCCESS);
    CHECK(wasi_fd_filestat_get(1, 1000) == WASI_ENOTCAPABLE); /* given up */
    CHECK(wasi_fd_fdstat_set_flags(1, 0) == WASI_ENOTCAPABLE);
}

static void test_table(void)
{
    reset();
    poke_iovec(1000, 0, 5000, 1);
    CHECK(wasi_fd_renumber(2, 1) == WASI_SUCCESS); /* stderr takes the place of stdout */
    CHECK(wasi_fd_write(1, 1000, 1, 2000) == WASI_SUCCESS && host.size[2] == 1 && host.size[1] == 0);
    CHECK(wasi_fd_write(2, 1000, 1, 2000) == WASI_EBADF);
    CHECK(wasi_fd_renumber(1, 1) == WASI_SUCCESS && wasi_fd_renumber(1, 2) == WASI_EBADF);
    CHECK(wasi_fd_renumber(7, 1) == WASI_EBADF);
    CHECK(wasi_fd_close(1) == WASI_SUCCESS && wasi_fd_close(1) == WASI_EBADF && wasi_fd_close(3) == WASI_EBADF);
    CHECK(wasi_fd_write(1, 1000, 1, 2000) == WASI_EBADF);
}

static void test_other_kinds(void)
{
    reset();
    CHECK(wasi_fd_seek(1, 0, WASI_WHENCE_CUR, 1000) == WASI_ESPIPE && wasi_fd_tell(0, 1000) == WASI_ESPIPE);
    CHECK(wasi_fd_seek(5, 0, WASI_WHENCE_CUR, 1000) == WASI_EBADF);
    CHECK(wasi_fd_pread(0, 1000, 1, 0, 2000) == WASI_ESPIPE && wasi_fd_pwrite(1, 1000, 1, 0, 2000) == WASI_ESPIPE);
    CHECK(wasi_fd_pread(1, 1000, 1, 0, 2000) == WASI_ENOTCAPABLE);
    CHECK(wasi_fd_prestat_get(0, 1000) == WASI_EBADF && wasi_fd_prestat_get(3, 1000) == WASI_EBADF);
    CHECK(wasi_fd_prestat_dir_name(3, 1000, 10) == WASI_EBADF);
    CHECK(wasi_fd_advise(0, 0, 0, 0) == WASI_ENOTCAPABLE && wasi_fd_allocate(3, 0, 0) == WASI_EBADF);
    CHECK(wasi_fd_sync(1) == WASI_ENOTCAPABLE && wasi_fd_readdir(0, 0, 0, 0, 0) == WASI_ENOTCAPABLE);
    CHECK(wasi_path_open(3, 0, 0, 0, 0, 0, 0, 0, 0) == WASI_EBADF);
    CHECK(wasi_path_open(0, 0, 0, 0, 0, 0, 0, 0, 0) == WASI_ENOTCAPABLE);
    CHECK(wasi_path_rename(0, 0, 0, 9, 0, 0) == WASI_ENOTCAPABLE && wasi_path_link(9, 0, 0, 0, 0, 0, 0) == WASI_EBADF);
    CHECK(wasi_path_symlink(0, 0, 4, 0, 0) == WASI_EBADF);
    CHECK(wasi_sock_recv(0, 1000, 1, 0, 2000, 2004) == WASI_ENOTSOCK);
    CHECK(wasi_sock_send(1, 1000, 1, 0, 2000) == WASI_ENOTSOCK && wasi_sock_send(3, 1000, 1, 0, 2000) == WASI_EBADF);
    CHECK(wasi_sock_shutdown(0, 1) == WASI_ENOTSOCK && wasi_sock_shutdown(9, 1) == WASI_EBADF);
}

/* --- poll_oneoff --- */

static unsigned subscription_count;

static void subscribe(struct wasi_subscription subscription)
{
    subscription.userdata = 0xabcdef0000000000 + subscription_count;
    poke(10000 + subscription_count++ * 48, &subscription, sizeof subscription);
}

static void subscribe_clock(uint32_t id, uint64_t timeout, uint16_t flags)
{
    struct wasi_subscription subscription = {.type = WASI_EVENT_CLOCK};
    subscription.clock.id = id;
    subscription.clock.timeout = timeout;
    subscription.clock.flags = flags;
    subscribe(subscription);
}

static void subscribe_fd(uint8_t type, uint32_t fd)
{
    subscribe((struct wasi_subscription){.type = type, .fd = fd});
}

static struct wasi_event event_at(unsigned index)
{
    struct wasi_event event;
    memcpy(&event, memories[0].base + 20000 + index * sizeof event, sizeof event);
    return event;
}

/* Polls what was subscribed, and returns how many events there are. */
static uint32_t poll_events(void)
{
    CHECK(wasi_poll_oneoff(10000, 20000, subscription_count, 2000) == WASI_SUCCESS);
    return peek_u32(2000);
}

static void poll_reset(void)
{
    reset();
    subscription_count = 0;
    host.now = 1000000;
    host.realtime = 1700000000000000000;
}

static void check_event(unsigned index, unsigned subscription, uint8_t type, uint16_t error)
{
    struct wasi_event event = event_at(index);
    CHECK(event.userdata == 0xabcdef0000000000 + subscription && event.type == type && event.error == error);
}

static void test_poll_clocks(void)
{
    poll_reset();
    subscribe_clock(WASI_CLOCK_MONOTONIC, 5000000, 0);
    subscribe_clock(WASI_CLOCK_MONOTONIC, 3000000, 0);
    subscribe_clock(WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    CHECK(poll_events() == 1);
    check_event(0, 1, WASI_EVENT_CLOCK, WASI_SUCCESS);
    CHECK(host.waits == 1 && host.waited_until == 4000001);

    poll_reset();
    subscribe_clock(WASI_CLOCK_MONOTONIC, 2000000, WASI_SUBCLOCK_ABSTIME);
    subscribe_clock(WASI_CLOCK_REALTIME, host.realtime + 2500000, WASI_SUBCLOCK_ABSTIME);
    CHECK(poll_events() == 1 && host.waited_until == 2000000);
    check_event(0, 0, WASI_EVENT_CLOCK, WASI_SUCCESS);
    subscription_count = 0;
    subscribe_clock(WASI_CLOCK_REALTIME, host.realtime + 2500000, WASI_SUBCLOCK_ABSTIME);
    CHECK(poll_events() == 1 && host.now >= 2500000 && host.now < 2500010);

    poll_reset(); /* in the past: at once */
    subscribe_clock(WASI_CLOCK_REALTIME, 1, WASI_SUBCLOCK_ABSTIME);
    subscribe_clock(WASI_CLOCK_MONOTONIC, 0, 0);
    CHECK(poll_events() == 2 && host.now < 1000010);

    poll_reset(); /* a clock that nobody can wait for is an event too */
    subscribe_clock(WASI_CLOCK_THREAD_CPUTIME, 1, 0);
    subscribe_clock(WASI_CLOCK_MONOTONIC, 1000000, 0);
    CHECK(poll_events() == 1);
    check_event(0, 0, WASI_EVENT_CLOCK, WASI_EINVAL);
}

static void test_poll_streams(void)
{
    poll_reset();
    host.in = "bytes";
    host.in_size = 5;
    subscribe_fd(WASI_EVENT_FD_READ, 0);
    subscribe_clock(WASI_CLOCK_MONOTONIC, 1000000, 0);
    CHECK(poll_events() == 1);
    check_event(0, 0, WASI_EVENT_FD_READ, WASI_SUCCESS);
    CHECK(event_at(0).byte_count == 5 && event_at(0).flags == 0);
    host.in_size = 0; /* its end */
    CHECK(poll_events() == 1 && event_at(0).flags == WASI_EVENT_RW_HANGUP && event_at(0).byte_count == 0);
    host.in = NULL; /* nothing there */
    CHECK(poll_events() == 1);
    check_event(0, 1, WASI_EVENT_CLOCK, WASI_SUCCESS);

    poll_reset();
    subscribe_fd(WASI_EVENT_FD_READ, 0);
    subscribe_fd(WASI_EVENT_FD_WRITE, 1);
    subscribe_fd(WASI_EVENT_FD_WRITE, 0);
    subscribe_fd(WASI_EVENT_FD_READ, 3);
    subscribe_fd(77, 0);
    CHECK(poll_events() == 4 && host.waited_until == 0);
    check_event(0, 1, WASI_EVENT_FD_WRITE, WASI_SUCCESS);
    check_event(1, 2, WASI_EVENT_FD_WRITE, WASI_ENOTCAPABLE);
    check_event(2, 3, WASI_EVENT_FD_READ, WASI_EBADF);
    check_event(3, 4, 77, WASI_EINVAL);
}

static void test_poll_faults(void)
{
    poll_reset();
    subscribe_clock(WASI_CLOCK_MONOTONIC, 1, 0);
    CHECK(wasi_poll_oneoff(10000, 20000, 0, 2000) == WASI_EINVAL);
    CHECK(wasi_poll_oneoff(END - 47, 20000, 1, 2000) == WASI_EFAULT);
    CHECK(wasi_poll_oneoff(10000, END - 31, 1, 2000) == WASI_EFAULT);
    CHECK(wasi_poll_oneoff(10000, 20000, 1, END - 3) == WASI_EFAULT);
    CHECK(wasi_poll_oneoff(10000, 20000, UINT32_MAX, 2000) == WASI_EFAULT);
    CHECK(wasi_poll_oneoff(10000, 10000, 1, 10000) == WASI_SUCCESS); /* overlapping, all the same */
    for (unsigned n = 0; n < 1000; n++) {
        for (size_t byte = 0; byte < SIZE; byte += 1 + (size_t)rand() % 50)
            memories[0].base[byte] = (uint8_t)rand();
        host.in = "";
        wasi_poll_oneoff((uint32_t)rand() % END, (uint32_t)rand() % END, (uint32_t)rand() % 100, 3);
    }
}

/* A program without a memory can call too. */
static void test_no_memory(void)
{
    reset();
    mewz_program.memory_count = 0;
    CHECK(wasi_random_get(0, 0) == WASI_EFAULT && wasi_args_sizes_get(0, 0) == WASI_EFAULT);
    mewz_program.memory_count = 1;
}

int main(void)
{
    test_signatures();
    test_strings();
    test_clocks();
    test_random();
    test_end();
    test_write();
    test_long_lists();
    test_broken_pipe();
    test_huge_write();
    test_read();
    test_read_error();
    test_stat();
    test_table();
    test_other_kinds();
    test_poll_clocks();
    test_poll_streams();
    test_poll_faults();
    test_no_memory();
    free(memories[0].base);
    return 0;
}
