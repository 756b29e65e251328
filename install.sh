#!/bin/sh
# install.sh: copy the built SDK to a prefix, or remove it from there.
#
# What is installed finds its parts from its own place, so the prefix may be any folder, and may be moved afterwards.
# Running it again replaces what is there. Needs root only where the prefix does. The list of what was installed is
# PREFIX/share/mewz/installed.
set -eu

usage="usage: install.sh [--prefix DIR] [--destdir DIR] [--uninstall]
Copies the built SDK to DIR: bin, lib, include and share. The default prefix is /usr/local for root, ~/.local for others.
  --prefix DIR    where it goes
  --destdir DIR   put it below DIR, as a package's file tree
  --uninstall     remove what was installed there"

fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}

source=$(cd "$(dirname "$0")" && pwd)
destdir=
action=install
if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:-/nowhere}/.local; fi

while [ $# -gt 0 ]; do
    case $1 in
    --prefix | --destdir)
        [ $# -gt 1 ] || fail "$1 needs a folder" 2
        if [ "$1" = --prefix ]; then prefix=$2; else destdir=$2; fi
        shift
        ;;
    --prefix=*) prefix=${1#*=} ;;
    --destdir=*) destdir=${1#*=} ;;
    --uninstall) action=uninstall ;;
    --help | -h)
        echo "$usage"
        exit 0
        ;;
    *) fail "unknown argument $1 (see install.sh --help)" 2 ;;
    esac
    shift
done

[ -n "$prefix" ] || fail "--prefix needs a folder" 2
case $prefix in
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
root=$destdir$prefix # where the files go now
if [ -d "$root" ] && [ "$(cd "$root" && pwd -P)" = "$(cd "$source" && pwd -P)" ]; then
    fail "$root is the source tree, which is an SDK already"
fi
[ -n "$destdir" ] || [ "$prefix" != / ] || fail "/ is no place for an SDK: choose a folder below it"

# --- removing ---

# remove LIST FILE...: the files that LIST names, but for those that another list names, and folders that are empty then
remove() {
    list=$1
    keep=${2:-/dev/null}
    grep -Fxv -f "$keep" "$list" | while read -r file; do
        rm -f "$root/$file"
    done
    sed -n 's|/[^/]*$||p' "$list" | sort -ru | while read -r folder; do
        while [ "$folder" != . ] && rmdir "$root/$folder" 2>/dev/null; do
            folder=$(dirname "$folder")
        done
    done
}

if [ "$action" = uninstall ]; then
    [ -f "$root/share/mewz/installed" ] || fail "there is no SDK in $root that install.sh put there"
    list=$(mktemp)
    trap 'rm -f "$list"' EXIT
    { cat "$root/share/mewz/installed" && echo share/mewz/installed; } >"$list"
    remove "$list"
    rmdir "$root/bin" "$root/lib" "$root/share" "$root" 2>/dev/null || true
    echo "Removed mewz-cc from $root."
    exit 0
fi

# --- installing: first to a folder beside, so that a full disk leaves nothing half done ---

if [ -e "$root" ] && [ ! -d "$root" ]; then
    fail "$root is not a folder"
fi
for part in bin/mewz-cc lib/mewz-llvm.so lib/x86_64-mewz/libmewz.a lib/x86_64-linux/libmewz.a lib/pkgconfig/mewz.pc; do
    [ -e "$source/$part" ] || fail "$part is not there: run make first"
done
made=$root # the outermost folder that is made here, to be removed after a failure
while [ ! -e "$(dirname "$made")" ]; do made=$(dirname "$made"); done
[ ! -e "$root" ] || made=
mkdir -p "$root" 2>/dev/null || fail "$root cannot be made: choose another --prefix, or be root"
[ -w "$root" ] || fail "$root cannot be written: choose another --prefix, or be root"
stage=$(mktemp -d "$root/.mewz-install.XXXXXX")
done=false
clean_up() {
    rm -rf "$stage" "$stage.list"
    if ! $done && [ -n "$made" ]; then rm -rf "$made"; fi
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# put MODE FOLDER FILE...: copy files below the prefix
put() {
    mode=$1
    folder=$stage/$2
    shift 2
    mkdir -p "$folder"
    install -m "$mode" "$@" "$folder" || fail "$root cannot hold the SDK"
}

cd "$source"
put 755 bin bin/mewz-cc bin/containerd-shim-mewz-v1
put 644 lib lib/mewz-llvm.so
for target in x86_64-mewz x86_64-linux; do
    put 644 lib/$target lib/$target/libmewz.a lib/$target/link.ld
done
put 644 lib/boot lib/boot/*
put 644 lib/pkgconfig lib/pkgconfig/mewz.pc
put 644 lib/cmake/mewz lib/cmake/mewz/*.cmake
put 644 include/mewz sdk/include/mewz/*
put 644 share/man/man1 share/man/man1/*.1
put 644 share/bash-completion/completions completions/mewz-cc.bash
mv "$stage/share/bash-completion/completions/mewz-cc.bash" "$stage/share/bash-completion/completions/mewz-cc"
put 644 share/zsh/site-functions completions/_mewz-cc
find templates -type f | while read -r file; do
    put 644 "share/mewz/$(dirname "$file")" "$file"
done
put 644 share/doc/mewz LICENSE README.md ARCHITECTURE.md CONTRIBUTING.md
find docs -type f | while read -r file; do
    put 644 "share/doc/mewz/$(dirname "$file")" "$file"
done

# Then by renaming, and what an older version had beyond it goes.
mkdir -p "$root/share/mewz"
(cd "$stage" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) >"$stage.list"
mv "$stage.list" "$stage/.list"
while read -r file; do
    mkdir -p "$root/$(dirname "$file")"
    mv -f "$stage/$file" "$root/$file"
done <"$stage/.list"
if [ -f "$root/share/mewz/installed" ]; then
    remove "$root/share/mewz/installed" "$stage/.list"
fi
mv -f "$stage/.list" "$root/share/mewz/installed"
chmod 644 "$root/share/mewz/installed"
done=true

echo "Installed mewz-cc to $root."
[ -z "$destdir" ] || exit 0
case :$PATH: in
*:"$prefix/bin":*) ;;
*) echo "Put $prefix/bin on your PATH to use it." ;;
esac
"$prefix/bin/mewz-cc" doctor >"$stage/doctor" || sed -n '/^missing/p; /^Install/,$p' "$stage/doctor"
