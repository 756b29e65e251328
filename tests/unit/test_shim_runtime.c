/* The OCI runtime by its command line: a script in its place. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "check.h"
#include "shim/runtime.h"

static char folder[] = "/tmp/mewz-runtime-XXXXXX";

/* Writes the script, which has the bundle's folder as the current one. */
static void set_runc(const char *script)
{
    struct err err = {0};
    char path[sizeof folder + 8];
    snprintf(path, sizeof path, "%s/runc", folder);
    CHECK(file_write(path, script, strlen(script), &err) == 0 && chmod(path, 0755) == 0);
}

static int create(pid_t *pid, struct err *err)
{
    struct runtime runtime;
    *err = (struct err){0};
    CHECK(runtime_open(&runtime, "test", "c1", err) == 0);
    int result = runtime_create(&runtime, ".", pid, err);
    runtime_close(&runtime);
    return result;
}

static void test_create(void)
{
    struct err err;
    pid_t pid;
    set_runc("#!/bin/sh\necho 42 >linux.pid\n");
    CHECK(create(&pid, &err) == 0 && pid == 42);
}

/* The last line of the log says why; without one there is still something to say. */
static void test_reasons(void)
{
    struct err err;
    pid_t pid;
    set_runc("#!/bin/sh\nprintf 'first\\nlast\\n\\n' >linux.log\nexit 1\n");
    CHECK(create(&pid, &err) != 0 && strcmp(err.text, "runc: last") == 0);
    set_runc("#!/bin/sh\n: >linux.log\nexit 1\n");
    CHECK(create(&pid, &err) != 0 && strcmp(err.text, "runc: failed") == 0);
    set_runc("#!/bin/sh\nrm linux.log\nexit 1\n");
    CHECK(create(&pid, &err) != 0 && strcmp(err.text, "runc: failed") == 0);
    set_runc("#!/bin/sh\n: >linux.pid\n");
    CHECK(create(&pid, &err) != 0 && strcmp(err.text, "./linux.pid: has no process number") == 0);
}

int main(void)
{
    struct buf path = {0};
    CHECK(mkdtemp(folder) && chdir(folder) == 0);
    buf_printf(&path, "%s:%s", folder, getenv("PATH"));
    buf_byte(&path, 0);
    setenv("PATH", (const char *)path.data, 1);
    buf_free(&path);
    test_create();
    test_reasons();
    CHECK(unlink("runc") == 0 && unlink("linux.pid") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
    return 0;
}
