#!/bin/sh
# install.sh [--prefix DIR]: copy the built SDK to DIR, by default /usr/local.
#
# What is installed finds its parts from its own place, so DIR may be any folder, and may be moved afterwards. Running
# it again replaces what is there. Needs root only where DIR does.
set -eu

fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}

source=$(cd "$(dirname "$0")" && pwd)
prefix=/usr/local
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -gt 1 ] || fail "--prefix needs a folder" 2
        prefix=$2
        shift 2
        ;;
    --prefix=*)
        prefix=${1#--prefix=}
        shift
        ;;
    --help | -h)
        echo "usage: install.sh [--prefix DIR]"
        echo "Copies the built SDK to DIR (by default /usr/local): bin, lib, include and share."
        exit 0
        ;;
    *) fail "unknown argument $1 (see install.sh --help)" 2 ;;
    esac
done

[ -n "$prefix" ] || fail "--prefix needs a folder" 2
if [ -e "$prefix" ] && [ ! -d "$prefix" ]; then
    fail "$prefix is not a folder"
fi
for part in bin/mewz-cc lib/mewz-llvm.so lib/x86_64-mewz/libmewz.a lib/x86_64-linux/libmewz.a lib/pkgconfig/mewz.pc; do
    [ -e "$source/$part" ] || fail "$part is not there: run make first"
done
mkdir -p "$prefix" 2>/dev/null || fail "$prefix cannot be made: choose another --prefix, or be root"
prefix=$(cd "$prefix" && pwd)
[ "$prefix" != / ] || fail "/ is no place for an SDK: choose a folder below it"
[ "$prefix" != "$source" ] || fail "$prefix is the source tree, which is an SDK already"
[ -w "$prefix" ] || fail "$prefix cannot be written: choose another --prefix, or be root"

# copy MODE FOLDER FILE...: put files below the prefix
copy() {
    mode=$1
    folder=$prefix/$2
    shift 2
    mkdir -p "$folder"
    install -m "$mode" "$@" "$folder"
}

cd "$source"
copy 755 bin bin/mewz-cc
copy 755 lib lib/mewz-llvm.so
for target in x86_64-mewz x86_64-linux; do
    copy 644 lib/$target lib/$target/libmewz.a lib/$target/link.ld
done
copy 644 lib/boot lib/boot/*
copy 644 lib/pkgconfig lib/pkgconfig/mewz.pc
copy 644 include/mewz sdk/include/mewz/*
copy 644 share/man/man1 man/mewz-cc.1
copy 644 share/bash-completion/completions completions/mewz-cc.bash
mv "$prefix/share/bash-completion/completions/mewz-cc.bash" "$prefix/share/bash-completion/completions/mewz-cc"
for template in templates/*; do
    copy 644 "share/mewz/$template" "$template"/*
done
copy 644 share/doc/mewz LICENSE README.md docs/*.md

echo "Installed mewz-cc to $prefix."
case :$PATH: in
*:"$prefix/bin":*) ;;
*) echo "Put $prefix/bin on your PATH to use it." ;;
esac
