#!/bin/bash
# bench.sh: operations on files a second, in memory, in the image, in a folder of the host and on a disk, beside the same
# wasm as a Linux process that is the only one in a Linux guest on the same QEMU. Runs take turns; medians count.
# `make bench-files` builds what it needs.
#
# Linux has its image's files where it has its initial ones, in memory. Both have the same virtiofsd, an ext4 file
# system made by mewz-cc, and QEMU's devices on PCI. Folder and disk are in the host's memory: what a disk of the host
# takes for an fsync is the same for both, and swings by more than they differ. HOST_DIR=/tmp puts them there all the
# same.
set -eu -o pipefail
cd "$(dirname "$0")/../../.."
build=build/bench
guest=$build/linux
rounds=${ROUNDS:-5}
places='/embedded /tmp /share /disk'
work=$(mktemp -d "${HOST_DIR:-/dev/shm}/bench-files-XXXXXX")
trap 'rm -rf "$work"' EXIT

make_embedded() {
    mkdir -p "$work/embedded/folder"
    for number in $(seq 0 999); do
        printf 'some bytes' >"$work/embedded/folder/file-$number"
    done
    head -c 100 /dev/zero >"$work/embedded/small"
    head -c 8M /dev/urandom >"$work/embedded/large"
}

make_linux() {
    [ -e "$guest/vmlinuz" ] || tests/bench/http/linux_guest.sh "$guest"
    local root=$work/root module
    mkdir -p "$root"/{bin,dev,disk,modules,share,tmp}
    cp "$build/rates" /bin/busybox "$root/bin"
    cp tests/bench/files/guest_init "$root/init"
    cp -r "$work/embedded" "$root"
    mknod "$root/dev/console" c 5 1 # the kernel opens it for its first process
    mkdir "$work/kernel"
    dpkg-deb -x "$guest"/packages/linux-image-*.deb "$work/kernel"
    for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk fuse virtiofs; do
        find "$work/kernel/lib/modules" -name "$module.ko" -exec cp {} "$root/modules" \;
    done
    rm -r "$work/kernel"
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$work/initrd"
}

make_mewz() {
    bin/mewz-cc build "$build/rates.wasm" -o "$work/rates.elf" --dir "$work/embedded:/embedded:ro" \
        --mount share:/share --disk :/disk
}

# Every machine begins with an empty folder and an empty disk.
make_volumes() {
    rm -rf "$work/share" "$work/disk.img"
    mkdir "$work/share"
    bin/mewz-cc disk create "$work/disk.img" --size 256MiB
}

# The kernel hands MEWZ_DIRS on to its first process, and what is behind `--`; with that it ends, and so does the machine.
run_linux() {
    rm -f "$work/socket"
    /usr/lib/qemu/virtiofsd -f --socket-path="$work/socket" -o source="$work/share" -o log_level=err 2>"$work/errors" &
    local server=$! status=0
    until [ -S "$work/socket" ]; do kill -0 $server || return 1; done
    timeout 300 qemu-system-x86_64 -M q35,memory-backend=memory -accel tcg -cpu max -m 512 -nodefaults -no-user-config \
        -display none -no-reboot -object memory-backend-memfd,id=memory,size=512M,share=on \
        -drive "if=none,id=disk,format=raw,file=$work/disk.img" -device virtio-blk-pci,disable-legacy=on,drive=disk \
        -chardev "socket,id=share,path=$work/socket" -device vhost-user-fs-pci,chardev=share,tag=share \
        -kernel "$guest/vmlinuz" -initrd "$work/initrd" -serial stdio \
        -append "console=ttyS0 quiet panic=-1 MEWZ_DIRS=/:/ -- $places" </dev/null || status=$?
    kill $server 2>/dev/null || true # it has ended with the machine, but where that never used it
    wait $server || true # by the signal, if not by itself
    return $status
}

run_mewz() {
    # shellcheck disable=SC2086
    MEWZ_ACCEL=tcg timeout 300 bin/mewz-cc run "$work/rates.elf" -m 512 --machine q35 --mount "$work/share:/share" \
        --disk "$work/disk.img:/disk" -- $places
}

make_embedded
make_linux
make_mewz
for _ in $(seq "$rounds"); do
    for system in mewz linux; do
        make_volumes
        if ! "run_$system" | tr -d '\r' >"$work/output" || ! grep -qx 'done' "$work/output"; then
            cat "$work/output"
            echo "bench.sh: $system: no figures, or not all" >&2
            exit 1
        fi
        sed -n "s/^rate/$system/p" "$work/output" >>"$work/rates"
    done
done

# The bars: for what touches names and small parts in the image and in memory twice as many, elsewhere as many.
awk -F '\t' '
    function median(list,    n, a) { n = split(list, a, " "); asort_numbers(a, n); return a[int((n + 1) / 2)] }
    function asort_numbers(a, n,    i, j, t) {
        for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    }
    function bar(name) { return name ~ /share|disk/ ? 1 : name ~ /64 KiB/ ? 0 : 2 }
    BEGIN {
        headings["/embedded"] = "in the image"; headings["/tmp"] = "in memory"
        headings["/share"] = "folder of the host"; headings["/disk"] = "disk"
    }
    {
        name = $2 "\t" $3
        if (!(name in seen)) { order[++count] = name; seen[name] = 1 }
        values[$1, name] = values[$1, name] " " $4
    }
    END {
        for (i = 1; i <= count; i++) {
            name = order[i]; split(name, part, "\t")
            if (part[1] != place)
                printf "%s%-20s %12s %12s %8s %6s\n", place ? "\n" : "", headings[part[1]], "unikernel", "Linux guest", "ratio", "bar"
            place = part[1]
            mewz = median(values["mewz", name]); other = median(values["linux", name])
            if (!mewz || !other) { print part[2] ": no figure"; failed = 1; continue }
            printf "%-20s %12d %12d %8.2f %6s%s\n", part[2], mewz, other, mewz / other, bar(name) ? bar(name) : "", mewz / other < bar(name) ? "  missed" : ""
        }
        exit failed || !count
    }' "$work/rates"
