/* Writes to both outputs by turns, then copies stdin to stdout, then says what it saw. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 1000; i++) {
        dprintf(1, "out %d\n", i);
        dprintf(2, "err %d\n", i);
    }
    char bytes[4096];
    ssize_t size;
    long total = 0;
    while ((size = read(0, bytes, sizeof bytes)) > 0) {
        total += size;
        for (ssize_t done = 0; done < size;)
            done += write(1, bytes + done, size - done);
    }
    dprintf(2, "%ld bytes, end of input %s\n", total, size == 0 ? "seen" : "missed");
    return 0;
}
