#!/bin/sh
# setup.sh [--check] build|test|bench: see to it that the Debian packages of a group are there (packages.list).
#
# Installs what is missing, as root or through sudo. With --check it only says what is missing, and how to get it.
# Says nothing and touches no network when everything is there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
check_only=false
if [ "${1-}" = --check ]; then
    check_only=true
    shift
fi
case ${1-} in
build) groups=build ;;
test) groups='build|test' ;;
bench) groups='build|bench' ;;
*)
    echo "usage: setup.sh [--check] build|test|bench" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "setup.sh: this is no Debian system: cannot tell which packages are missing" >&2
    exit 0
fi

wanted=$(sed -En "s/^($groups)	([^	]*)	.*/\2/p" "$here/packages.list")
# A package can come as a part of another, which then conflicts with it: npm in some builds of nodejs.
present=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
    sed -n 's/^installed //; T; s/ *([^)]*)//g; s/, */\n/g; p')
missing=$(printf '%s\n' "$wanted" | grep -Fxv "$present" | tr '\n' ' ' || true)
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
install="apt-get install -y --no-install-recommends ${missing% }"
if $check_only || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
    {
        echo "These Debian packages are missing:"
        for package in $missing; do
            printf '  %-28s %s\n' "$package" "$(sed -n "s/^[a-z]*	$package	//p" "$here/packages.list")"
        done
        echo "Install them as root:"
        echo "  apt-get update && $install"
    } >&2
    exit 1
fi

echo "Installing Debian packages: ${missing% }"
$as_root apt-get -qq update
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive $install
