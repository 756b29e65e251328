/* fuse.h: a folder of the host, by FUSE over virtio-fs.
 *
 * The server (virtiofsd) says for how long names and attributes may be believed, and they are until then, and with them
 * what was read of files. Whoever opens a file has what was in it then. Symbolic links are read, and followed by the
 * VFS. The server is not trusted: what it replies is checked, and one that is gone makes every operation WASI_EIO. */
#ifndef FS_FUSE_H
#define FS_FUSE_H

#include "fs/vfs.h"

/* The root of what the device with that tag serves, with a reference for the caller; NULL: there is no such device, no
 * answer that makes sense, or no memory. */
struct vfs_node *fuse_mount(const char *tag, bool read_only);

#endif
