/* Child processes: their output, their failures in one line. */
#include "base/proc.h"

#include <string.h>

#include "check.h"

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

int main(void)
{
    test_output();
    test_much_output();
    test_failures();
    test_sdk_file();
    test_missing();
}
