# volumes.bash: the guest `volumes` with folders of the host and disks. Loaded by bats files.
#
#   use_program [OPTION...]      compiles it once with these options of `mewz-cc build`: $PROGRAM
#   volumes OPTION... -- ARG...  `mewz-cc run` of it; sets $status, $output, $stderr
#   write_errors EVENT FLUSHES   errors.conf for QEMU's blkdebug: from so many flushes on the device fails at what is named
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH:/sbin:/usr/sbin
export MEWZ_ACCEL=tcg
source "$ROOT/tests/lib/wait.bash"

use_program() {
    PROGRAM=$BATS_FILE_TMPDIR/volumes.elf
    export PROGRAM
    [ -f "$PROGRAM" ] || timeout 300 mewz-cc build "$ROOT/build/guests/volumes.wasm" -o "$PROGRAM" "$@"
}

volumes() {
    # shellcheck disable=SC2154
    run --separate-stderr timeout 300 mewz-cc run "$PROGRAM" -m 128 "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
}

write_errors() {
    local state
    for state in $(seq 1 "$2"); do
        printf '[set-state]\nevent = "flush_to_disk"\nstate = "%s"\nnew_state = "%s"\n' "$state" $((state + 1))
    done >errors.conf
    printf '[inject-error]\nevent = "%s"\nstate = "%s"\nerrno = "5"\n' "$1" $(($2 + 1)) >>errors.conf
}
