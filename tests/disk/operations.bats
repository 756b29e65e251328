# Every operation of the file system on disks, in a process: tests/disk/native/all_operations.c.
# shellcheck disable=SC2030,SC2031 # each test has its own
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export ASAN_OPTIONS=detect_leaks=0 # mounts are for the life of a kernel

setup() {
    PATH=$PATH:/sbin:/usr/sbin
    cd "$BATS_TEST_TMPDIR"
    truncate -s 32M disk.img
}

# operations [many]: runs them on disk.img; the file system's own checker finds nothing to put right afterwards.
operations() {
    timeout 300 "$ROOT/build/disk/all_operations" disk.img after.img "$@"
    e2fsck -fn after.img
}

@test "all operations, on a file system as mke2fs makes it" {
    mke2fs -q -F -t ext4 -b 4096 disk.img
    operations
}

@test "without checksums, without 64 bits, with few inodes" {
    mke2fs -q -F -t ext4 -b 4096 -N 1024 -O "^metadata_csum,^64bit" disk.img
    operations
}

@test "with the uninitialized groups of older file systems" {
    mke2fs -q -F -t ext4 -b 4096 -O "^metadata_csum,uninit_bg,^flex_bg" disk.img
    operations
}

@test "attributes in blocks of their own, which Linux gave" {
    mke2fs -q -F -t ext4 -b 4096 disk.img
    echo text >file
    value=$(head -c 200 /dev/zero | tr '\0' x)
    # The link's text and the device's number are in the place of block numbers.
    debugfs -w -f - disk.img >debugfs.out <<END
mkdir attributes
cd attributes
write file file
symlink link a
mknod device c 1 3
ea_set file user.attribute $value
ea_set link user.attribute $value
ea_set device user.attribute $value
ea_set . user.attribute $value
END
    [ "$(debugfs -R 'stat attributes/link' disk.img | grep -c 'File ACL: [1-9]')" = 1 ]
    e2fsck -fn disk.img
    operations
}

@test "a folder with an index, which Linux made" {
    mkdir -p tree/indexed
    touch tree/indexed/{1..400}
    mke2fs -q -F -t ext4 -b 4096 -d tree disk.img
    e2fsck -fyD disk.img || [ $? = 1 ]
    debugfs -R 'stat indexed' disk.img | grep 'Flags: 0x81000'
    operations
}

@test "more changed inodes than the journal has room for" {
    truncate -s 128M disk.img
    mke2fs -q -F -t ext4 -b 4096 -N 20000 -J size=4 disk.img
    operations many
}

@test "what it cannot keep right it does not mount" {
    for options in "-b 1024" "-b 4096 -O ^has_journal" "-b 4096 -O bigalloc" "-b 4096 -O quota"; do
        # shellcheck disable=SC2086
        mke2fs -q -F -t ext4 $options disk.img
        run timeout 60 "$ROOT/build/disk/all_operations" disk.img after.img
        [ "$status" != 0 ]
        [[ $output == *"not mounted: it"* ]]
    done
    truncate -s 0 disk.img
    truncate -s 32M disk.img
    run timeout 60 "$ROOT/build/disk/all_operations" disk.img after.img
    [[ $output == *"not mounted: it has no ext4 file system"* ]]
}
