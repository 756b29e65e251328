/* wasi.c: tells every call of WASI on stderr, with its arguments and its result, as strace does for Linux.
 *
 * `mewz-cc build --trace wasi` has the linker put `__wrap_X` in the place of each function X that the program imports,
 * and X in that of `__real_X` (ld's --wrap). So what is not imported is not linked here either, and a program without
 * --trace carries nothing of this. */
#include <stdint.h>

#include "rt/format.h"
#include "rt/message.h"
#include "wasi/types.h"

#define ARGUMENTS_MAX 9 /* path_open has that many */

/* All of these functions take whole numbers only, so that any of them can be called as one that takes nine: what it
 * does not look for, in registers or on the caller's side of the stack, does no harm (System V ABI, 3.2.3). */
typedef uint64_t any_function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static const char *const errnos[] = {
    [0] = "SUCCESS",
    [1] = "E2BIG",
    [2] = "EACCES",
    [3] = "EADDRINUSE",
    [4] = "EADDRNOTAVAIL",
    [5] = "EAFNOSUPPORT",
    [6] = "EAGAIN",
    [7] = "EALREADY",
    [8] = "EBADF",
    [9] = "EBADMSG",
    [10] = "EBUSY",
    [11] = "ECANCELED",
    [12] = "ECHILD",
    [13] = "ECONNABORTED",
    [14] = "ECONNREFUSED",
    [15] = "ECONNRESET",
    [16] = "EDEADLK",
    [17] = "EDESTADDRREQ",
    [18] = "EDOM",
    [19] = "EDQUOT",
    [20] = "EEXIST",
    [21] = "EFAULT",
    [22] = "EFBIG",
    [23] = "EHOSTUNREACH",
    [24] = "EIDRM",
    [25] = "EILSEQ",
    [26] = "EINPROGRESS",
    [27] = "EINTR",
    [28] = "EINVAL",
    [29] = "EIO",
    [30] = "EISCONN",
    [31] = "EISDIR",
    [32] = "ELOOP",
    [33] = "EMFILE",
    [34] = "EMLINK",
    [35] = "EMSGSIZE",
    [36] = "EMULTIHOP",
    [37] = "ENAMETOOLONG",
    [38] = "ENETDOWN",
    [39] = "ENETRESET",
    [40] = "ENETUNREACH",
    [41] = "ENFILE",
    [42] = "ENOBUFS",
    [43] = "ENODEV",
    [44] = "ENOENT",
    [45] = "ENOEXEC",
    [46] = "ENOLCK",
    [47] = "ENOLINK",
    [48] = "ENOMEM",
    [49] = "ENOMSG",
    [50] = "ENOPROTOOPT",
    [51] = "ENOSPC",
    [52] = "ENOSYS",
    [53] = "ENOTCONN",
    [54] = "ENOTDIR",
    [55] = "ENOTEMPTY",
    [56] = "ENOTRECOVERABLE",
    [57] = "ENOTSOCK",
    [58] = "ENOTSUP",
    [59] = "ENOTTY",
    [60] = "ENXIO",
    [61] = "EOVERFLOW",
    [62] = "EOWNERDEAD",
    [63] = "EPERM",
    [64] = "EPIPE",
    [65] = "EPROTO",
    [66] = "EPROTONOSUPPORT",
    [67] = "EPROTOTYPE",
    [68] = "ERANGE",
    [69] = "EROFS",
    [70] = "ESPIPE",
    [71] = "ESRCH",
    [72] = "ESTALE",
    [73] = "ETIMEDOUT",
    [74] = "ETXTBSY",
    [75] = "EXDEV",
    [76] = "ENOTCAPABLE",
};

/* Small numbers are counts and descriptors; the others are addresses, flags and rights. */
static size_t format_argument(char *out, size_t size, char type, uint64_t value)
{
    uint64_t number = type == 'i' ? (uint32_t)value : value;
    return format_text(out, size, number < 4096 ? "%lu" : "0x%lx", number);
}

/* "name(1, 0x1000)"; returns where the signature's results begin. */
static const char *format_call(char *out, size_t size, const char *name, const char *signature,
                               const uint64_t *arguments)
{
    size_t length = format_text(out, size, "%s(", name);
    const char *type = signature;
    for (; *type != ':'; type++) {
        length += format_text(out + length, size - length, type > signature ? ", " : "");
        length += format_argument(out + length, size - length, *type, *arguments++);
    }
    format_text(out + length, size - length, ")");
    return type + 1;
}

static uint64_t trace_call(const char *name, const char *signature, any_function *function, const uint64_t *a)
{
    char call[256];
    const char *results = format_call(call, sizeof call, name, signature, a);
    if (!*results) /* proc_exit does not return */
        message_write("%s\n", call);
    uint64_t result = function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
    uint32_t error = (uint32_t)result;
    if (*results)
        message_write("%s = %u %s\n", call, error, error < sizeof errnos / sizeof *errnos ? errnos[error] : "");
    return result;
}

/* Weak, so that what the program does not import stays out; what it does, the linker is told by name. A second version
 * of a function (sock_accept_v1) gets names that nobody refers to. */
#define WASI(module, name, signature, function)                                                                        \
    __attribute__((weak)) any_function real_##function __asm__("__real_" #module "." #function);                       \
    any_function wrap_##function __asm__("__wrap_" #module "." #function);                                             \
    uint64_t wrap_##function(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g,       \
                             uint64_t h, uint64_t i)                                                                   \
    {                                                                                                                  \
        const uint64_t arguments[ARGUMENTS_MAX] = {a, b, c, d, e, f, g, h, i};                                         \
        return trace_call(#name, signature, real_##function, arguments);                                               \
    }
#include <mewz/wasi.def>
