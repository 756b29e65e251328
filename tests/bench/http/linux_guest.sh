#!/bin/sh
# linux_guest.sh FOLDER PROGRAM...: make FOLDER/vmlinuz and FOLDER/initrd: a Linux machine to compare with, from Debian's
# packages as they are today, with the programs in its /bin. FOLDER/versions says what it was made of.
#
# Nothing is installed: the packages are fetched with lists of their own and unpacked. The machine has Debian's kernel for
# clouds, a statically linked shell, nginx, and the modules of a virtio network card; guest_init is its first process.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
packages='busybox-static nginx nginx-common libc6 libcrypt1 libpcre2-8-0 libssl3 zlib1g'

fetch() {
    mkdir -p "$folder/packages/lists/partial" "$folder/packages/archives/partial"
    cd "$folder/packages"
    apt="-q=2 -o Dir::State::lists=$folder/packages/lists -o Dir::Cache=$folder/packages -o Dir::Cache::pkgcache=
        -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="
    # shellcheck disable=SC2086
    apt-get $apt update
    # shellcheck disable=SC2086
    kernel=$(apt-cache $apt depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)/\1/p' | head -n 1)
    # shellcheck disable=SC2086
    apt-get $apt download "$kernel" $packages
    cd - >/dev/null
}

unpack() {
    mkdir "$folder/all"
    for package in "$folder"/packages/*.deb; do
        dpkg-deb -x "$package" "$folder/all"
        dpkg-deb -f "$package" Package Version | sed -n 's/^[A-Z][a-z]*: //p' | paste -sd' ' >>"$folder/versions"
    done
}

# Only what is needed goes into the initial file system, for it lies in the machine's memory.
fill_root() {
    root=$folder/root all=$folder/all
    mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/modules" "$root/lib64" \
        "$root/lib/x86_64-linux-gnu" "$root/files" "$root/var/log/nginx" "$root/var/lib/nginx" "$root/run" "$root/etc"
    cp "$all/bin/busybox" "$all/usr/sbin/nginx" "$@" "$root/bin"
    cp "$here/guest_init" "$root/init"
    cp "$here/nginx.conf" "$root/etc"
    echo root:x:0:0::/: >"$root/etc/passwd"
    echo root:x:0: >"$root/etc/group"
    cp "$all"/lib*/*/ld-linux-x86-64.so.2 "$root/lib64"
    for library in libc.so.6 libcrypt.so.1 libpcre2-8.so.0 libssl.so.3 libcrypto.so.3 libz.so.1 libdl.so.2 libpthread.so.0; do
        found=$(find "$all" -name "$library" | head -n 1)
        cp -L "$found" "$root/lib/x86_64-linux-gnu/$library"
    done
    for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net; do
        find "$all/lib/modules" -name "$module.ko" -exec cp {} "$root/modules" \;
    done
}

rm -rf "$folder"/root "$folder"/all "$folder"/versions
ls "$folder"/packages/nginx_*.deb >/dev/null 2>&1 || fetch
unpack
fill_root "$@"
cp "$folder"/all/boot/vmlinuz-* "$folder/vmlinuz"
(cd "$folder/root" && find . | "$folder/all/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 >"$folder/initrd"
rm -rf "$folder/all" "$folder/root"
