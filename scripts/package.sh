#!/bin/sh
# package.sh dist|deb VERSION FOLDER: the built SDK as an archive that can be unpacked anywhere, or as a Debian package,
# in FOLDER. The same SDK gives the same bytes: names are sorted, owners are root, times are the beginning of 2000.
set -eu
cd "$(dirname "$0")/.."
kind=$1
version=$2
output=$3
export SOURCE_DATE_EPOCH=946684800

mkdir -p "$output"
work=$(mktemp -d "$output/.package.XXXXXX")
trap 'rm -rf "$work"' EXIT
name=mewz-$version-x86_64

# What the package needs where it is installed: the libraries that its programs name, and the tools that `mewz-cc` starts
# to build. What runs programs and makes other images is recommended: one can do without.
control() {
    cat <<END
Package: mewz
Version: $version
Architecture: amd64
Maintainer: The Mewz developers <mewz@localhost>
Installed-Size: $(du -sk "$1" | cut -f1)
Depends: libc6 (>= 2.36), libcjson1, libllvm19, libstdc++6, lld-19
Recommends: e2fsprogs, wabt, qemu-system-x86, ovmf, qemu-utils, xorriso, golang-github-pelletier-go-toml
Suggests: clang-19, wasi-libc, libclang-rt-19-dev-wasm32
Section: devel
Priority: optional
Description: WebAssembly programs as machines of their own
 mewz-cc compiles a WASI program ahead of time, links it with the parts of a
 small kernel that it uses, and makes a bootable image of it.
END
}

copyright() {
    cat <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 the authors of Mewz
License: Apache-2.0
 The whole text is in /usr/share/common-licenses/Apache-2.0.
END
}

case $kind in
dist)
    ./install.sh --prefix "/$name" --destdir "$work" >/dev/null
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$work" -cf "$work/archive" "$name"
    xz -T1 -6 "$work/archive"
    mv "$work/archive.xz" "$output/$name.tar.xz"
    echo "$output/$name.tar.xz"
    ;;
deb)
    ./install.sh --prefix /usr --destdir "$work/root" >/dev/null
    rm "$work/root/usr/share/mewz/installed" # dpkg knows
    llvm-strip-19 --strip-unneeded "$work/root"/usr/bin/* "$work/root/usr/lib/mewz-llvm.so"
    gzip -9n "$work/root"/usr/share/man/man1/*.1
    copyright >"$work/root/usr/share/doc/mewz/copyright"
    mkdir "$work/root/DEBIAN"
    control "$work/root" >"$work/root/DEBIAN/control"
    find "$work/root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    chmod -R u=rwX,go=rX "$work/root"
    dpkg-deb --root-owner-group --threads-max=1 --build "$work/root" "$output/mewz_${version}_amd64.deb" >/dev/null
    echo "$output/mewz_${version}_amd64.deb"
    ;;
*)
    echo "usage: package.sh dist|deb VERSION FOLDER" >&2
    exit 2
    ;;
esac
