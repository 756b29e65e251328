/* predict.c: libFuzzer's target for header prediction (net/predict.h): each input of net.c is run twice from the same
 * state, first in a process of its own that leaves every segment to lwIP. What is sent, to the last bit, and what the
 * program is told must be the same. The linker leads link.c's calls of predict_take here (--wrap). */
#define LLVMFuzzerTestOneInput test_network
#include "net.c"
#undef LLVMFuzzerTestOneInput

#include "net/predict.h"

int fork(void);
int pipe(int files[2]);
int close(int file);
long read(int file, void *bytes, size_t size);
long write(int file, const void *bytes, size_t size);
int waitpid(int process, int *status, int options);
_Noreturn void _exit(int status);

bool __real_predict_take(struct pbuf *frame, const struct netif *netif);
bool __wrap_predict_take(struct pbuf *frame, const struct netif *netif);

static bool predicts = true;

bool __wrap_predict_take(struct pbuf *frame, const struct netif *netif)
{
    return predicts && __real_predict_take(frame, netif);
}

static uint64_t digest_without(const uint8_t *bytes, size_t size)
{
    int files[2];
    uint64_t result;
    if (pipe(files) != 0)
        __builtin_trap();
    int process = fork();
    if (process == 0) {
        predicts = false;
        test_network(bytes, size);
        _exit(write(files[1], &digest, sizeof digest) != sizeof digest);
    }
    close(files[1]);
    long got = -1;
    while (process > 0 && got < 0)
        got = read(files[0], &result, sizeof result); /* libFuzzer's alarm may interrupt it */
    close(files[0]);
    while (process > 0 && waitpid(process, NULL, 0) < 0)
        ;
    if (got != sizeof result)
        __builtin_trap();
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint64_t expected = digest_without(bytes, size);
    test_network(bytes, size);
    if (digest != expected) {
        dprintf(2, "predict: lwIP alone does something else\n");
        __builtin_trap();
    }
    return 0;
}
