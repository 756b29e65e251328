/* Folders of files that are kept: how they are made, what goes first when they are full, and what is damaged. */
#include "base/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"

static char top[] = "/tmp/test_base_cache-XXXXXX";

static void write_file(const char *name, size_t size, time_t used)
{
    static const char bytes[1000];
    struct timespec times[] = {{used, 0}, {used, 0}};
    struct err err = {0};
    CHECK(file_write(name, bytes, size, &err) == 0);
    CHECK(utimensat(AT_FDCWD, name, times, 0) == 0);
}

static bool is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

static void test_make_folder(void)
{
    struct stat status;
    CHECK(cache_make_folder("a/b/c", 0711) && cache_make_folder("a/b/c", 0711));
    CHECK(stat("a/b", &status) == 0 && (status.st_mode & 0777) == 0711);
    write_file("file", 1, 1);
    CHECK(!cache_make_folder("file/b", 0711) && errno == ENOTDIR);
    CHECK(unlink("file") == 0 && rmdir("a/b/c") == 0 && rmdir("a/b") == 0 && rmdir("a") == 0);
}

static void test_bound(void)
{
    CHECK(mkdir("kept", 0700) == 0);
    write_file("kept/lock", 0, 1);
    write_file("kept/second", 300, 3);
    write_file("kept/first", 300, 2);
    write_file("kept/last", 300, 4);
    cache_bound("kept", 900);
    CHECK(is_there("kept/first"));
    cache_bound("kept", 899);
    CHECK(!is_there("kept/first") && is_there("kept/second") && is_there("kept/last"));
    cache_bound("kept", 0);
    CHECK(!is_there("kept/second") && !is_there("kept/last") && is_there("kept/lock"));
    CHECK(unlink("kept/lock") == 0 && rmdir("kept") == 0);
    cache_bound("kept", 0); /* which is no folder */
}

static void test_entries(void)
{
    struct cache cache;
    struct file file;
    struct err err = {0};
    CHECK(setenv("MEWZ_CACHE_DIR", top, 1) == 0);
    cache_open(&cache, "entries", 1000);
    write_file("content", 100, 1);
    CHECK(!cache_fetch(&cache, "key", "copy"));
    cache_store(&cache, "key", "content");
    CHECK(cache_fetch(&cache, "key", "copy"));
    CHECK(file_read(&file, "copy", &err) == 0 && file.size == 100);
    file_close(&file);

    write_file("entries/key", 100, 1); /* damaged */
    CHECK(!cache_fetch(&cache, "key", "copy") && !is_there("entries/key"));
    cache_close(&cache);
    CHECK(unlink("content") == 0 && unlink("copy") == 0 && rmdir("entries") == 0);

    cache_open(&cache, "entries", 0);
    CHECK(!cache.folder && !is_there("entries"));
}

int main(void)
{
    umask(0022);
    CHECK(mkdtemp(top) && chdir(top) == 0);
    test_make_folder();
    test_bound();
    test_entries();
    CHECK(rmdir(top) == 0);
}
