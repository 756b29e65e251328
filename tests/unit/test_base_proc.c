/* Child processes: their output, their failures in one line. */
#include "base/proc.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* proc.c and cleanup.c call these, so that a signal comes at the worst time: just when the child has been waited for
 * and its number may be another process's. */
static pid_t waited;
static bool signal_comes;

pid_t waitpid(pid_t child, int *status, int options)
{
    pid_t ended = wait4(child, status, options, NULL);
    if (signal_comes && ended > 0) {
        waited = ended;
        raise(SIGTERM);
    }
    return ended;
}

int kill(pid_t process, int number)
{
    if (process == waited)
        _exit(9);
    return (int)syscall(SYS_kill, process, number);
}

static void check_failure(const char *script, const char *text)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct err err = {0};
    CHECK(proc_run(argv, "dash", NULL, &err) == -1);
    if (strcmp(err.text, text) != 0)
        fprintf(stderr, "%s\n", err.text);
    CHECK(strcmp(err.text, text) == 0);
}

static void test_output(void)
{
    struct err err = {0};
    struct buf output = {0};
    const char *argv[] = {"printf", "%s", "hello", NULL};
    CHECK(proc_run(argv, "coreutils", &output, &err) == 0);
    CHECK(output.size == 5 && memcmp(output.data, "hello", 5) == 0);
    buf_free(&output);
}

/* More than a pipe holds, on both streams at once. */
static void test_much_output(void)
{
    struct err err = {0};
    struct buf output = {0};
    const char *argv[] = {"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero", NULL};
    CHECK(proc_run(argv, "dash", &output, &err) == 0);
    CHECK(output.size == 300000);
    buf_free(&output);
    CHECK(proc_run(argv, "dash", NULL, &err) == 0);
}

static void test_failures(void)
{
    check_failure("echo first >&2; echo second >&2; exit 3", "sh: first");
    check_failure("echo first >&2; echo an Error >&2; exit 3", "sh: an Error");
    check_failure("exit 3", "sh: failed with exit status 3");
    check_failure("kill -9 $$", "sh: ended by signal 9 (Killed)");
    check_failure("echo 'sh: named' >&2; exit 1", "sh: named");
    check_failure("cat; exit 4", "sh: failed with exit status 4"); /* stdin is empty */
}

static void test_signal_after_wait(void)
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        const char *argv[] = {"true", NULL};
        struct err err = {0};
        signal_comes = true;
        proc_run(argv, "coreutils", NULL, &err);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void test_missing(void)
{
    struct err err = {0};
    const char *argv[] = {"no-such-tool-19", NULL};
    CHECK(proc_run(argv, "its-package", NULL, &err) == -1);
    CHECK(strcmp(err.text, "no-such-tool-19: not found on PATH: apt-get install its-package") == 0);
    CHECK(!proc_found("no-such-tool-19"));
    CHECK(proc_found("sh"));
    setenv("PATH", "/nowhere:", 1);
    CHECK(!proc_found("sh"));
}

static void test_sdk_file(void)
{
    struct err err = {0};
    CHECK(sdk_file("lib/no/such/file", &err) == NULL && strstr(err.text, "the SDK lacks this file"));
}

/* A shell takes the line that is printed for the same words. */
static void test_printed_command(void)
{
    const char *argv[] = {"printf", "%s|", "it's", "", "a b", "$HOME'", "'", "back\\slash", "--plain=1,2", NULL};
    const char *again[] = {"sh", NULL, NULL};
    char path[] = "/tmp/mewz-test-XXXXXX";
    struct err err = {0};
    struct buf output = {0};
    int fd = mkstemp(path), kept = dup(2);
    CHECK(fd >= 0 && kept >= 0 && dup2(fd, 2) == 2);
    proc_print_command(argv);
    CHECK(dup2(kept, 2) == 2);
    again[1] = path;
    CHECK(proc_run(again, "dash", &output, &err) == 0);
    buf_byte(&output, 0);
    CHECK(strcmp((const char *)output.data, "it's||a b|$HOME'|'|back\\slash|--plain=1,2|") == 0);
    CHECK(unlink(path) == 0);
    close(fd);
    close(kept);
    buf_free(&output);
}

int main(void)
{
    test_printed_command();
    test_output();
    test_much_output();
    test_failures();
    test_signal_after_wait();
    test_sdk_file();
    test_missing();
}
