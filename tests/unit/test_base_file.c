/* Files: inputs of all kinds, and outputs that appear whole or not at all, whatever ends the process. */
#include "base/file.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "check.h"

static int count_files(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    CHECK(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += *entry->d_name != '.' || strncmp(entry->d_name, ".mewz", 5) == 0;
    closedir(dir);
    return count;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void check_content(const char *path, const char *text)
{
    struct err err = {0};
    struct file file;
    CHECK(file_read(&file, path, &err) == 0);
    CHECK(file.size == strlen(text) && memcmp(file.data, text, file.size) == 0);
    file_close(&file);
}

static void test_read(void)
{
    struct err err = {0};
    struct file file;
    put("text", "abc");
    check_content("text", "abc");
    put("empty", "");
    check_content("empty", "");
    CHECK(file_read(&file, "/proc/self/status", &err) == 0 && file.size > 100);
    file_close(&file);
    file_close(&file);

    CHECK(file_read(&file, "nothing", &err) == -1);
    CHECK(strcmp(err.text, "nothing: No such file or directory") == 0);
    err.set = false;
    CHECK(file_read(&file, ".", &err) == -1 && strstr(err.text, "folder"));
    err.set = false;
    CHECK(file_read(&file, "/dev/zero", &err) == -1 && strstr(err.text, "128 MiB"));
}

static void test_read_pipe(void)
{
    int ends[2];
    char name[32], bytes[1000] = {0};
    struct err err = {0};
    struct file file;
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], bytes, sizeof bytes) == sizeof bytes);
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    CHECK(file_read(&file, name, &err) == 0 && file.size == sizeof bytes);
    file_close(&file);
    close(ends[0]);
}

static void test_output(void)
{
    struct err err = {0};
    struct output output;
    put("out", "old");
    CHECK(output_begin(&output, "out", &err) == 0);
    CHECK(output_write(&output, "new", 3, &err) == 0);
    check_content("out", "old");
    CHECK(output_commit(&output, &err) == 0);
    output_discard(&output);
    check_content("out", "new");

    CHECK(output_begin(&output, "out", &err) == 0);
    CHECK(output_write(&output, "newer", 5, &err) == 0);
    output_discard(&output);
    check_content("out", "new");
    CHECK(count_files(".") == 3); /* text, empty, out */
}

static void test_output_mode(void)
{
    struct err err = {0};
    struct output output;
    struct stat status;
    umask(027);
    CHECK(output_begin(&output, "moded", &err) == 0 && output_commit(&output, &err) == 0);
    CHECK(stat("moded", &status) == 0 && (status.st_mode & 0777) == 0640);
    umask(022);
    unlink("moded");
}

static void test_output_link(void)
{
    struct err err = {0};
    struct output output;
    struct stat status;
    CHECK(symlink("out", "link") == 0);
    CHECK(output_begin(&output, "link", &err) == 0 && output_write(&output, "through", 7, &err) == 0);
    CHECK(output_commit(&output, &err) == 0);
    CHECK(lstat("link", &status) == 0 && S_ISLNK(status.st_mode));
    check_content("out", "through");
    unlink("link");
}

static void test_output_device(void)
{
    struct err err = {0};
    struct output output;
    CHECK(output_begin(&output, "/dev/null", &err) == 0 && output_write(&output, "gone", 4, &err) == 0);
    CHECK(output_commit(&output, &err) == 0);
    CHECK(output_begin(&output, "/dev/full", &err) == 0 && output_write(&output, "too much", 8, &err) == 0);
    CHECK(output_commit(&output, &err) == -1 && strstr(err.text, "/dev/full: cannot be written: No space"));
}

static void test_output_failures(void)
{
    struct err err = {0};
    struct output output;
    CHECK(output_begin(&output, "no/such/folder", &err) == -1 && strstr(err.text, "no/such/folder"));
    err.set = false;
    CHECK(output_begin(&output, ".", &err) == -1 && strstr(err.text, "folder"));
    err.set = false;
    CHECK(output_begin(&output, "", &err) == -1);
    output_discard(&output);
}

/* Runs a child that begins an output and a temporary folder, and then ends as `end` says; nothing may be left. */
static void check_cleaned(void (*end)(void))
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct err err = {0};
        struct output output;
        struct temp_dir dir;
        char path[4096];
        CHECK(output_begin(&output, "out", &err) == 0 && temp_dir_make(&dir, &err) == 0);
        snprintf(path, sizeof path, "%s/inside", dir.path);
        put(path, "x");
        put(output.path, "half");
        end();
        _exit(99);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && !(WIFEXITED(status) && WEXITSTATUS(status) == 99));
    check_content("out", "through");
    CHECK(count_files(".") == 3);
}

static void end_by_exit(void)
{
    exit(1);
}

static void end_by_term(void)
{
    raise(SIGTERM);
}

static void end_by_interrupt(void)
{
    raise(SIGINT);
}

/* The child sleeps with its output on the file: it must end before the file goes. */
static void end_during_child(void)
{
    const char *argv[] = {"sleep", "1000", NULL};
    struct err err = {0};
    signal(SIGALRM, SIG_DFL);
    pid_t self = getpid();
    if (fork() == 0) {
        usleep(100000);
        kill(self, SIGTERM);
        _exit(0);
    }
    proc_run(argv, "coreutils", NULL, &err);
}

int main(void)
{
    char folder[] = "/tmp/mewz-test-XXXXXX";
    CHECK(mkdtemp(folder) && chdir(folder) == 0);
    setenv("TMPDIR", ".", 1);
    test_read();
    test_read_pipe();
    test_output();
    test_output_mode();
    test_output_link();
    test_output_device();
    test_output_failures();
    check_cleaned(end_by_exit);
    check_cleaned(end_by_term);
    check_cleaned(end_by_interrupt);
    check_cleaned(end_during_child);
    CHECK(unlink("out") == 0 && unlink("text") == 0 && unlink("empty") == 0);
    CHECK(chdir("/") == 0 && rmdir(folder) == 0);
}
