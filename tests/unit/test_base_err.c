/* Errors: the first one wins, context goes in front, a message stays one line. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "check.h"

static void test_first_wins(void)
{
    struct err err = {0};
    CHECK(err_set(&err, "first %d", 1) == -1);
    CHECK(err_set_status(&err, EXIT_USAGE, "second") == -1);
    errno = ENOENT;
    CHECK(err_set_errno(&err, "third") == -1);
    CHECK(strcmp(err.text, "first 1") == 0);
    CHECK(err.set && err.status == EXIT_FAILED);
}

static void test_status(void)
{
    struct err err = {0};
    err_set_status(&err, EXIT_USAGE, "wrong");
    CHECK(err.status == EXIT_USAGE);
}

static void test_errno(void)
{
    struct err err = {0};
    errno = ENOSPC;
    err_set_errno(&err, "%s", "out.img");
    CHECK(strcmp(err.text, "out.img: No space left on device") == 0);
}

static void test_prefix(void)
{
    struct err err = {0};
    err_prefix(&err, "nothing to be in front of");
    CHECK(!err.set);
    err_set(&err, "expected i32");
    err_prefix(&err, "func %d", 3);
    err_prefix(&err, "app.wasm");
    CHECK(strcmp(err.text, "app.wasm: func 3: expected i32") == 0);
}

static void test_replace(void)
{
    struct err err = {0};
    err_replace(&err, "", "no error");
    CHECK(!err.set && !*err.text);
    err_set(&err, "/tmp/x7/a.o: not found");
    err_replace(&err, "/tmp/x8/a.o", "other");
    err_replace(&err, "/tmp/x7/a.o", "app.wasm");
    CHECK(strcmp(err.text, "app.wasm: not found") == 0);
}

static void test_one_line(void)
{
    struct err err = {0};
    err_set(&err, "a\nb\tc\x1b[31m\x7f \xc2\x9b \xc2\xa0 \xc3\x9b");
    CHECK(strcmp(err.text, "a?b?c?[31m? ?? \xc2\xa0 \xc3\x9b") == 0);
}

static void test_long(void)
{
    struct err err = {0};
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    err_set(&err, "%s", text);
    err_prefix(&err, "%s", text);
    errno = EIO;
    err_set_errno(&err, "%s", text);
    CHECK(strlen(err.text) == sizeof err.text - 1);
}

int main(void)
{
    test_first_wins();
    test_status();
    test_errno();
    test_prefix();
    test_replace();
    test_one_line();
    test_long();
}
