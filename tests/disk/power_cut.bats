# Power cuts on disks, by a file system in a process whose disk remembers every write: tests/disk/native/power_cut.c.
# POINTS says at how many places the power goes; e2fsck looks at the disk after each of the first 50, or of all.
# shellcheck disable=SC2030,SC2031 # each test has its own
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
POINTS=${POINTS:-200}
export ASAN_OPTIONS=detect_leaks=0 # of the file system that lost its power

setup() {
    PATH=$PATH:/sbin:/usr/sbin
    cd "$BATS_TEST_TMPDIR"
    truncate -s 24M disk.img
    mke2fs -q -F -t ext4 -b 4096 -m 0 -J size=4 -O "^resize_inode" disk.img
}

# Whether the file system's own checker finds nothing to put right.
is_consistent() {
    e2fsck -fn "$1" >check.log 2>&1 || {
        cat check.log
        return 1
    }
}

@test "nothing that was synced is lost, and what is left is consistent" {
    kept=50
    [ "$POINTS" -le 200 ] || kept=$POINTS
    mkdir images
    timeout 500 "$ROOT/build/disk/power_cut" disk.img images "$POINTS" "$kept"
    count=0
    for mounted in images/*.mounted; do
        is_consistent "$mounted"
        count=$((count + 1))
    done
    [ "$count" = "$kept" ]
}

@test "what is left is put right by e2fsck as well" {
    mkdir images
    timeout 500 "$ROOT/build/disk/power_cut" disk.img images 25 25
    for crashed in images/*.crashed; do
        e2fsck -fp "$crashed" >repair.log 2>&1 || [ $? = 1 ]
        is_consistent "$crashed"
    done
}
