/* metrics.c: see metrics.h. */
#include "machine/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mewz/metrics.h"

/* --- which there are --- */

static const char *string_at(const struct elf *elf, uint64_t address, struct arena *arena)
{
    for (size_t size = 1; size <= 64; size++) {
        const uint8_t *bytes = elf_at_address(elf, address, size);
        if (!bytes)
            return NULL;
        if (bytes[size - 1] == 0)
            return arena_copy_string(arena, (const char *)bytes, size - 1);
    }
    return NULL;
}

/* The kernel's memory begins at its base; below it lies what runs at physical addresses. */
static bool read_row(const struct elf *elf, const uint8_t *row, uint64_t base, struct metric *metric,
                     struct arena *arena)
{
    struct mewz_metric raw;
    memcpy(&raw, row, sizeof raw);
    *metric = (struct metric){string_at(elf, raw.name, arena), raw.value - base, (unsigned)raw.size};
    return metric->name && raw.value >= base && (raw.size == 4 || raw.size == 8);
}

struct metrics metrics_find(const struct elf *elf, struct arena *arena)
{
    struct elf_symbol start, end, base;
    if (!elf_find_symbol(elf, "mewz_metrics_start", &start) || !elf_find_symbol(elf, "mewz_metrics_end", &end) ||
        !elf_find_symbol(elf, "mewz_kernel_base", &base) || end.symbol.st_value < start.symbol.st_value)
        return (struct metrics){0};
    uint64_t size = end.symbol.st_value - start.symbol.st_value;
    const uint8_t *rows = size ? elf_at_address(elf, start.symbol.st_value, size) : NULL;
    size_t count = rows ? size / sizeof(struct mewz_metric) : 0;
    struct metric *list = arena_array(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        if (!read_row(elf, rows + i * sizeof(struct mewz_metric), base.symbol.st_value, &list[i], arena))
            return (struct metrics){0};
    return (struct metrics){.list = list, .count = count};
}

/* --- asking --- */

static volatile sig_atomic_t signalled;

static void handle_signal(int number)
{
    (void)number;
    signalled = 1;
}

void metrics_remember_signal(void)
{
    struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
}

static void start_timer(struct metrics_watch *watch)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec times = {{.tv_sec = watch->metrics->interval}, {.tv_sec = watch->metrics->interval}};
    if (timer_create(CLOCK_MONOTONIC, &event, &watch->timer) == 0)
        timer_settime(watch->timer, 0, &times, NULL);
}

void metrics_watch_begin(struct metrics_watch *watch, const struct metrics *metrics, int monitor)
{
    *watch = (struct metrics_watch){.metrics = metrics, .monitor = monitor};
    struct sigaction action = {.sa_handler = handle_signal};
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGUSR1);
    sigprocmask(SIG_BLOCK, &only, &watch->outside);
    sigaction(SIGUSR1, &action, &watch->former);
    if (metrics->interval)
        start_timer(watch);
}

void metrics_watch_end(struct metrics_watch *watch)
{
    if (watch->metrics->interval)
        timer_delete(watch->timer);
    sigaction(SIGUSR1, &watch->former, NULL);
    sigprocmask(SIG_SETMASK, &watch->outside, NULL);
    buf_free(&watch->text);
}

/* The commands wait in the monitor's socket, which holds a few hundred of them; it answers in their order. */
static void ask(struct metrics_watch *watch)
{
    struct buf commands = {0};
    for (size_t i = 0; i < watch->metrics->count; i++) {
        const struct metric *metric = &watch->metrics->list[i];
        buf_printf(&commands,
                   "{\"execute\": \"human-monitor-command\", \"id\": \"metric\", "
                   "\"arguments\": {\"command-line\": \"xp /1%cx %#lx\"}}\n",
                   metric->size == 4 ? 'w' : 'g', (unsigned long)metric->address);
    }
    send(watch->monitor, commands.data, commands.size, MSG_NOSIGNAL);
    buf_free(&commands);
}

void metrics_watch_step(struct metrics_watch *watch)
{
    if (!signalled || watch->asked)
        return;
    signalled = 0;
    if (watch->metrics->count == 0) {
        fputs("mewz-cc: this kernel counts nothing\n", stderr);
        return;
    }
    watch->asked = true;
    watch->answered = 0;
    watch->text.size = 0;
    ask(watch);
}

static void print(const struct buf *text)
{
    for (size_t done = 0; done < text->size;) {
        ssize_t size = write(STDERR_FILENO, text->data + done, text->size - done);
        if (size <= 0)
            return;
        done += (size_t)size;
    }
}

/* {"return": "0000000000123456: 0x0000000000000007\r\n", "id": "metric"} */
void metrics_watch_line(struct metrics_watch *watch, char *line)
{
    if (!watch->asked || !strstr(line, "\"id\": \"metric\""))
        return;
    const char *value = strstr(line, ": 0x");
    const struct metric *metric = &watch->metrics->list[watch->answered++];
    if (value)
        buf_printf(&watch->text, "%s %lu\n", metric->name, strtoul(value + 2, NULL, 16));
    if (watch->answered < watch->metrics->count)
        return;
    watch->asked = false;
    print(&watch->text);
}
