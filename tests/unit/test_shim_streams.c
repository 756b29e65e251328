/* Where containerd wants the standard streams. */
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"
#include "shim/streams.h"

static char folder[] = "/tmp/mewz-streams-XXXXXX";

/* Writes a line to stdout in a process that has the streams; 0 if all went well. */
static int say(const char *out)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct err err = {0};
        struct streams streams = {"", out, out};
        if (streams_attach(&streams, "c1", "test", &err) != 0)
            _exit(1);
        _exit(write(1, "said\n", 5) == 5 ? 0 : 2);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void expect(const char *name, const char *content)
{
    struct err err = {0};
    struct file file;
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(file_read(&file, path, &err) == 0);
    CHECK(file.size == strlen(content) && memcmp(file.data, content, file.size) == 0);
    file_close(&file);
    CHECK(unlink(path) == 0);
}

/* A URI's path has percent signs undone, and plus signs as they are; its folder is made. */
static void test_file(void)
{
    char uri[128], made[128];
    snprintf(uri, sizeof uri, "file://%s/made/a%%20b+c", folder);
    CHECK(say(uri) == 0);
    expect("made/a b+c", "said\n");
    snprintf(made, sizeof made, "%s/made", folder);
    CHECK(rmdir(made) == 0);
    snprintf(uri, sizeof uri, "file://%s/no/such/folder", folder);
    CHECK(say(uri) != 0);
}

/* The same of a logging program's; in its arguments plus signs are blanks. It is ready once it has written. */
static void test_program(void)
{
    static const char script[] = "#!/bin/sh\ncd \"${0%/*}\"\necho \"$CONTAINER_NAMESPACE $CONTAINER_ID $*\" >facts\n";
    struct err err = {0};
    char path[128], uri[160];
    snprintf(path, sizeof path, "%s/c++ logger", folder);
    CHECK(file_write(path, script, strlen(script), &err) == 0 && chmod(path, 0755) == 0);
    snprintf(uri, sizeof uri, "binary://%s/c++%%20logger?key=a+b&flag", folder);
    say(uri); /* which may find nobody to read it any more */
    expect("facts", "test c1 key a b flag\n");
    CHECK(unlink(path) == 0);
}

int main(void)
{
    alarm(60);
    CHECK(mkdtemp(folder));
    test_file();
    test_program();
    CHECK(rmdir(folder) == 0);
    return 0;
}
