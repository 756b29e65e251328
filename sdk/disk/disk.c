#include "disk/disk.h"

#include <errno.h>
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"

/* --- making one --- */

/* By nothing but what the disk is for, so that the same command gives the same bytes: name-based, after RFC 4122. */
static const char *make_uuid(uint64_t size, const char *label, struct arena *arena)
{
    const char *name = arena_printf(arena, "mewz disk %lu %s", size, label ? label : "");
    uint64_t halves[2] = {0xcbf29ce484222325u, 0x84222325cbf29ce4u};
    for (const char *c = name; *c; c++)
        for (int i = 0; i < 2; i++)
            halves[i] = (halves[i] ^ (unsigned char)*c) * 0x100000001b3u;
    return arena_printf(arena, "%08x-%04x-5%03x-%04x-%012lx", (unsigned)(halves[0] >> 32),
                        (unsigned)(halves[0] >> 16 & 0xffff), (unsigned)(halves[0] & 0xfff),
                        (unsigned)(halves[1] >> 48 & 0x3fff) | 0x8000u, halves[1] & 0xffffffffffff);
}

/* Often it is not on an ordinary user's PATH. */
const char *disk_find_maker(void)
{
    static const char outside[] = "/sbin/mke2fs";
    if (proc_found("mke2fs"))
        return "mke2fs";
    return access(outside, X_OK) == 0 ? outside : NULL;
}

static int make_file_system(const char *path, uint64_t size, const char *label, struct arena *arena, struct err *err)
{
    const char *uuid = make_uuid(size, label, arena);
    const char *program = disk_find_maker();
    const char *const command[] = {
        program ? program : "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-m", "0",
        /* what the kernel writes, whatever the host's configuration says */
        "-O", "^resize_inode,^orphan_file,metadata_csum,64bit,extent", "-U", uuid, "-L", label ? label : "", "-E",
        arena_printf(arena, "lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed=%s", uuid), path, NULL};
    setenv("E2FSPROGS_FAKE_TIME", "946684800", 1); /* 2000-01-01 */
    return proc_run(command, DISK_PACKAGE, NULL, err);
}

int disk_create(const char *path, uint64_t size, const char *label, struct err *err)
{
    enum { LEAST = 8 << 20 };
    struct output output;
    struct arena arena = {0};
    if (access(path, F_OK) == 0)
        return err_set(err, "%s: is there already", path);
    if (size < LEAST || size % 4096 != 0)
        return err_set_status(err, EXIT_USAGE, "disk: --size: at least 8MiB, in steps of 4096 bytes");
    if (output_begin(&output, path, err) != 0)
        return -1;
    int result = truncate(output.path, (off_t)size) == 0 ? 0 : err_set_errno(err, "%s", path);
    if (result == 0)
        result = make_file_system(output.path, size, label, &arena, err);
    if (result == 0)
        result = output_commit(&output, err);
    else
        err_replace(err, output.path, path);
    output_discard(&output);
    arena_free(&arena);
    return result;
}

/* --- opening one --- */

static int library_error(const struct disk_place *place, errcode_t error, struct err *err)
{
    /* The library says such things in its own functions' names. */
    const char *text = error == EXT2_ET_FILE_NOT_FOUND ? strerror(ENOENT)
                       : error == EXT2_ET_NO_DIRECTORY ? strerror(ENOTDIR)
                                                       : error_message(error);
    return err_set(err, "%s:%s: %s", place->disk, place->path, text);
}

static int open_disk(const struct disk_place *place, bool write, ext2_filsys *fs, struct err *err)
{
    add_error_table(&et_ext2_error_table);
    errcode_t error =
        ext2fs_open(place->disk, EXT2_FLAG_64BITS | (write ? EXT2_FLAG_RW : 0), 0, 0, unix_io_manager, fs);
    if (error == EXT2_ET_BAD_MAGIC)
        return err_set(err, "%s: has no ext4 file system", place->disk);
    if (error)
        return err_set(err, "%s: %s", place->disk, error_message(error));
    if (ext2fs_has_feature_journal_needs_recovery((*fs)->super)) {
        ext2fs_free(*fs);
        return err_set(err, "%s: in use, or was not unmounted: start a machine with it, or e2fsck -p %s", place->disk,
                       place->disk);
    }
    error = write ? ext2fs_read_bitmaps(*fs) : 0;
    if (error)
        ext2fs_free(*fs);
    return error ? err_set(err, "%s: %s", place->disk, error_message(error)) : 0;
}

static int close_disk(const struct disk_place *place, ext2_filsys fs, int result, struct err *err)
{
    errcode_t error = ext2fs_close_free(&fs);
    return result == 0 && error ? library_error(place, error, err) : result;
}

static int find(ext2_filsys fs, const struct disk_place *place, ext2_ino_t *number, struct ext2_inode *inode,
                struct err *err)
{
    errcode_t error = ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, place->path, number);
    if (!error)
        error = ext2fs_read_inode(fs, *number, inode);
    return error ? library_error(place, error, err) : 0;
}

/* --- listing --- */

/* A program in a machine may call its files anything. */
static void print_entry(ext2_filsys fs, ext2_ino_t number, const char *name, size_t size)
{
    struct ext2_inode inode;
    if (ext2fs_read_inode(fs, number, &inode) != 0)
        return;
    char kind = LINUX_S_ISDIR(inode.i_mode) ? 'd' : LINUX_S_ISLNK(inode.i_mode) ? 'l' : '-';
    char *printable = memory_alloc(size + 1);
    memcpy(printable, name, size);
    text_make_printable(printable, size);
    printf("%c %12llu %s\n", kind, (unsigned long long)EXT2_I_SIZE(&inode), printable);
    free(printable);
}

static int visit_entry(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *context)
{
    (void)offset, (void)block_size, (void)buffer;
    size_t size = (size_t)ext2fs_dirent_name_len(entry);
    if (strncmp(entry->name, ".", size) != 0 && strncmp(entry->name, "..", size) != 0)
        print_entry(context, entry->inode, entry->name, size);
    return 0;
}

int disk_list(const struct disk_place *place, struct err *err)
{
    ext2_filsys fs;
    ext2_ino_t number;
    struct ext2_inode inode;
    if (open_disk(place, false, &fs, err) != 0)
        return -1;
    int result = find(fs, place, &number, &inode, err);
    if (result == 0 && LINUX_S_ISDIR(inode.i_mode)) {
        errcode_t error = ext2fs_dir_iterate(fs, number, 0, NULL, visit_entry, fs);
        result = error ? library_error(place, error, err) : 0;
    } else if (result == 0) {
        print_entry(fs, number, place->path, strlen(place->path));
    }
    return close_disk(place, fs, result, err);
}

/* --- copying --- */

enum { PIECE = 1 << 20 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int read_contents(const struct disk_place *from, ext2_file_t file, int to, const char *name, struct err *err)
{
    char *bytes = memory_alloc(PIECE);
    uint64_t position = 0;
    unsigned got = 1;
    int result = 0;
    while (result == 0 && got > 0) {
        errcode_t error = ext2fs_file_read(file, bytes, PIECE, &got);
        if (error)
            result = library_error(from, error, err);
        else if (file_write_sparse(to, position, bytes, got) != 0)
            result = err_set_errno(err, "%s", name);
        position += got;
    }
    if (result == 0 && ftruncate(to, (off_t)position) != 0)
        result = err_set_errno(err, "%s", name);
    free(bytes);
    return result;
}

static int copy_out(const struct disk_place *from, const char *target, struct err *err)
{
    ext2_filsys fs;
    ext2_ino_t number;
    struct ext2_inode inode;
    ext2_file_t file;
    struct output output;
    if (open_disk(from, false, &fs, err) != 0)
        return -1;
    int result = find(fs, from, &number, &inode, err);
    if (result == 0 && !LINUX_S_ISREG(inode.i_mode))
        result = err_set(err, "%s:%s: not a file", from->disk, from->path);
    if (result == 0 && ext2fs_file_open(fs, number, 0, &file) != 0)
        result = err_set(err, "%s:%s: cannot be opened", from->disk, from->path);
    if (result == 0) {
        result = output_begin(&output, target, err);
        int fd = result == 0 ? open(output.path, O_WRONLY | O_CLOEXEC) : -1;
        if (result == 0 && fd < 0)
            result = err_set_errno(err, "%s", target);
        if (result == 0)
            result = read_contents(from, file, fd, target, err);
        if (fd >= 0 && close(fd) != 0 && result == 0)
            result = err_set_errno(err, "%s", target);
        if (result == 0)
            result = output_commit(&output, err);
        output_discard(&output);
        ext2fs_file_close(file);
    }
    return close_disk(from, fs, result, err);
}

/* An empty file of that name in a folder. */
static errcode_t make_inode(ext2_filsys fs, ext2_ino_t folder, const char *name, ext2_ino_t *number)
{
    struct ext2_inode inode = {.i_mode = LINUX_S_IFREG | 0644, .i_links_count = 1, .i_flags = EXT4_EXTENTS_FL};
    ext2_extent_handle_t handle;
    errcode_t error = ext2fs_new_inode(fs, folder, inode.i_mode, NULL, number);
    if (!error)
        error = ext2fs_extent_open2(fs, *number, &inode, &handle); /* makes an empty tree of extents */
    if (error)
        return error;
    ext2fs_extent_free(handle);
    error = ext2fs_link(fs, folder, name, *number, EXT2_FT_REG_FILE);
    if (error == EXT2_ET_DIR_NO_SPACE && (error = ext2fs_expand_dir(fs, folder)) == 0)
        error = ext2fs_link(fs, folder, name, *number, EXT2_FT_REG_FILE);
    if (error)
        return error;
    ext2fs_inode_alloc_stats2(fs, *number, +1, 0);
    return ext2fs_write_new_inode(fs, *number, &inode);
}

/* The inode that is to get the contents, empty. */
static errcode_t prepare_target(ext2_filsys fs, const struct disk_place *to, const char *name, struct arena *arena,
                                ext2_ino_t *number)
{
    ext2_ino_t folder;
    struct ext2_inode inode;
    errcode_t error = ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, to->path, &folder);
    if (!error)
        error = ext2fs_read_inode(fs, folder, &inode);
    if (error || !LINUX_S_ISDIR(inode.i_mode)) {
        name = base_name(to->path);
        size_t length = (size_t)(name - to->path);
        const char *above = arena_copy_string(arena, to->path, length);
        error = ext2fs_namei(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, length ? above : "/", &folder);
    }
    if (error)
        return error;
    error = ext2fs_lookup(fs, folder, name, (int)strlen(name), NULL, number);
    if (error == EXT2_ET_FILE_NOT_FOUND)
        return make_inode(fs, folder, name, number);
    if (!error)
        error = ext2fs_read_inode(fs, *number, &inode);
    return !error && !LINUX_S_ISREG(inode.i_mode) ? EISDIR : error;
}

static errcode_t write_contents(ext2_filsys fs, ext2_ino_t number, const struct file *source)
{
    ext2_file_t file;
    errcode_t error = ext2fs_file_open(fs, number, EXT2_FILE_WRITE, &file);
    if (error)
        return error;
    error = ext2fs_file_set_size2(file, 0);
    for (size_t at = 0; !error && at < source->size;) {
        size_t left = source->size - at;
        unsigned wrote;
        error = ext2fs_file_write(file, source->data + at, left < PIECE ? (unsigned)left : PIECE, &wrote);
        at += wrote;
    }
    errcode_t close_error = ext2fs_file_close(file);
    return error ? error : close_error;
}

static int copy_in(const char *source_path, const struct disk_place *to, struct err *err)
{
    ext2_filsys fs;
    ext2_ino_t number;
    struct file source;
    struct arena arena = {0};
    if (file_read(&source, source_path, err) != 0)
        return -1;
    int result = open_disk(to, true, &fs, err);
    if (result == 0) {
        errcode_t error = prepare_target(fs, to, base_name(source_path), &arena, &number);
        if (!error)
            error = write_contents(fs, number, &source);
        result = error ? library_error(to, error, err) : 0;
        result = close_disk(to, fs, result, err);
    }
    file_close(&source);
    arena_free(&arena);
    return result;
}

int disk_copy(const struct disk_place *from, const struct disk_place *to, struct err *err)
{
    struct stat status;
    if (from->disk && to->disk)
        return err_set_status(err, EXIT_USAGE, "disk cp: both are on disks: copy to the host first");
    if (!from->disk && !to->disk)
        return err_set_status(err, EXIT_USAGE, "disk cp: neither is on a disk, as DISK:/PATH");
    if (to->disk)
        return copy_in(from->path, to, err);
    if (stat(to->path, &status) != 0 || !S_ISDIR(status.st_mode))
        return copy_out(from, to->path, err);
    struct arena arena = {0};
    int result = copy_out(from, arena_printf(&arena, "%s/%s", to->path, base_name(from->path)), err);
    arena_free(&arena);
    return result;
}
