/* preview1.h: the functions of wasi_snapshot_preview1, as compiled programs call them.
 *
 * Each one has its import's name as its symbol, which binds it to the rows of mewz/wasi.def; a unit test compares the
 * types. Addresses are offsets in linear memory 0 and come unchecked from the program. All but proc_exit return an
 * enum wasi_errno. Each file defines a family, so that a program is linked with what it imports and no more. */
#ifndef WASI_PREVIEW1_H
#define WASI_PREVIEW1_H

#include <stdint.h>

#define PREVIEW1(name) __asm__("wasi_snapshot_preview1." #name)

/* args.c, environ.c */
uint32_t wasi_args_get(uint32_t argv, uint32_t buffer) PREVIEW1(args_get);
uint32_t wasi_args_sizes_get(uint32_t count, uint32_t size) PREVIEW1(args_sizes_get);
uint32_t wasi_environ_get(uint32_t environ, uint32_t buffer) PREVIEW1(environ_get);
uint32_t wasi_environ_sizes_get(uint32_t count, uint32_t size) PREVIEW1(environ_sizes_get);

/* clock.c, random.c, exit.c, raise.c, sched.c */
uint32_t wasi_clock_res_get(uint32_t id, uint32_t resolution) PREVIEW1(clock_res_get);
uint32_t wasi_clock_time_get(uint32_t id, uint64_t precision, uint32_t time) PREVIEW1(clock_time_get);
uint32_t wasi_random_get(uint32_t buffer, uint32_t size) PREVIEW1(random_get);
_Noreturn void wasi_proc_exit(uint32_t code) PREVIEW1(proc_exit);
uint32_t wasi_proc_raise(uint32_t signal) PREVIEW1(proc_raise);
uint32_t wasi_sched_yield(void) PREVIEW1(sched_yield);

/* fd_read.c, fd_write.c, fd.c, fd_stat.c, poll.c */
uint32_t wasi_fd_read(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t done) PREVIEW1(fd_read);
uint32_t wasi_fd_write(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t done) PREVIEW1(fd_write);
uint32_t wasi_fd_close(uint32_t fd) PREVIEW1(fd_close);
uint32_t wasi_fd_renumber(uint32_t from, uint32_t to) PREVIEW1(fd_renumber);
uint32_t wasi_fd_fdstat_get(uint32_t fd, uint32_t stat) PREVIEW1(fd_fdstat_get);
uint32_t wasi_fd_fdstat_set_flags(uint32_t fd, uint32_t flags) PREVIEW1(fd_fdstat_set_flags);
uint32_t wasi_fd_fdstat_set_rights(uint32_t fd, uint64_t base, uint64_t inheriting) PREVIEW1(fd_fdstat_set_rights);
uint32_t wasi_fd_filestat_get(uint32_t fd, uint32_t stat) PREVIEW1(fd_filestat_get);
uint32_t wasi_poll_oneoff(uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t done) PREVIEW1(poll_oneoff);

/* file.c, readdir.c, preopens.c: on regular files and folders */
uint32_t wasi_fd_advise(uint32_t fd, uint64_t offset, uint64_t size, uint32_t advice) PREVIEW1(fd_advise);
uint32_t wasi_fd_allocate(uint32_t fd, uint64_t offset, uint64_t size) PREVIEW1(fd_allocate);
uint32_t wasi_fd_datasync(uint32_t fd) PREVIEW1(fd_datasync);
uint32_t wasi_fd_filestat_set_size(uint32_t fd, uint64_t size) PREVIEW1(fd_filestat_set_size);
uint32_t wasi_fd_filestat_set_times(uint32_t fd, uint64_t access, uint64_t modify, uint32_t flags)
    PREVIEW1(fd_filestat_set_times);
uint32_t wasi_fd_pread(uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done) PREVIEW1(fd_pread);
uint32_t wasi_fd_prestat_get(uint32_t fd, uint32_t prestat) PREVIEW1(fd_prestat_get);
uint32_t wasi_fd_prestat_dir_name(uint32_t fd, uint32_t path, uint32_t size) PREVIEW1(fd_prestat_dir_name);
uint32_t wasi_fd_pwrite(uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done) PREVIEW1(fd_pwrite);
uint32_t wasi_fd_readdir(uint32_t fd, uint32_t buffer, uint32_t size, uint64_t cookie, uint32_t used)
    PREVIEW1(fd_readdir);
uint32_t wasi_fd_seek(uint32_t fd, uint64_t offset, uint32_t whence, uint32_t position) PREVIEW1(fd_seek);
uint32_t wasi_fd_sync(uint32_t fd) PREVIEW1(fd_sync);
uint32_t wasi_fd_tell(uint32_t fd, uint32_t position) PREVIEW1(fd_tell);

/* path.c: relative to a folder's descriptor */
uint32_t wasi_path_create_directory(uint32_t fd, uint32_t path, uint32_t size) PREVIEW1(path_create_directory);
uint32_t wasi_path_filestat_get(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint32_t stat)
    PREVIEW1(path_filestat_get);
uint32_t wasi_path_filestat_set_times(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint64_t access,
                                      uint64_t modify, uint32_t flags) PREVIEW1(path_filestat_set_times);
uint32_t wasi_path_link(uint32_t old_fd, uint32_t lookup, uint32_t old_path, uint32_t old_size, uint32_t new_fd,
                        uint32_t new_path, uint32_t new_size) PREVIEW1(path_link);
uint32_t wasi_path_open(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint32_t open_flags, uint64_t base,
                        uint64_t inheriting, uint32_t flags, uint32_t opened) PREVIEW1(path_open);
uint32_t wasi_path_readlink(uint32_t fd, uint32_t path, uint32_t size, uint32_t buffer, uint32_t buffer_size,
                            uint32_t used) PREVIEW1(path_readlink);
uint32_t wasi_path_remove_directory(uint32_t fd, uint32_t path, uint32_t size) PREVIEW1(path_remove_directory);
uint32_t wasi_path_rename(uint32_t old_fd, uint32_t old_path, uint32_t old_size, uint32_t new_fd, uint32_t new_path,
                          uint32_t new_size) PREVIEW1(path_rename);
uint32_t wasi_path_symlink(uint32_t old_path, uint32_t old_size, uint32_t fd, uint32_t new_path, uint32_t new_size)
    PREVIEW1(path_symlink);
uint32_t wasi_path_unlink_file(uint32_t fd, uint32_t path, uint32_t size) PREVIEW1(path_unlink_file);

/* sock.c */
uint32_t wasi_sock_accept(uint32_t fd, uint32_t flags, uint32_t accepted) PREVIEW1(sock_accept);
uint32_t wasi_sock_recv(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t in_flags, uint32_t done,
                        uint32_t out_flags) PREVIEW1(sock_recv);
uint32_t wasi_sock_send(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t done) PREVIEW1(sock_send);
uint32_t wasi_sock_shutdown(uint32_t fd, uint32_t how) PREVIEW1(sock_shutdown);

#endif
