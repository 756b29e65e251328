# An installed SDK works from any prefix, also one with spaces, after a move, from any folder, and without the sources.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export MEWZ_ACCEL=tcg

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# builds_and_runs MEWZ-CC
builds_and_runs() {
    "$1" build "$ROOT/build/guests/hello.wasm" -o 'my app.img'
    run --separate-stderr timeout 60 "$1" run 'my app.img'
    [ "$status" = 0 ]
    [ "$output" = hello ]
}

@test "install, run, move, run" {
    "$ROOT/install.sh" --prefix "$PWD/a prefix"
    builds_and_runs "$PWD/a prefix/bin/mewz-cc"
    mkdir -p 'another place'
    mv 'a prefix' 'another place/mewz sdk'
    cd /
    cd "$BATS_TEST_TMPDIR"
    builds_and_runs "$PWD/another place/mewz sdk/bin/mewz-cc"
}

@test "installing twice changes nothing" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    (cd sdk && find . -type f -exec sha256sum {} + | sort) >first
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    (cd sdk && find . -type f -exec sha256sum {} + | sort) >second
    diff first second
}

@test "found on PATH through a symbolic link" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    mkdir links
    ln -s ../sdk/bin/mewz-cc links/mewz-cc
    PATH=$PWD/links:$PATH builds_and_runs mewz-cc
}

@test "the linker by hand, with pkg-config" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    sdk/bin/mewz-cc compile "$ROOT/build/guests/hello.wasm" -o app.o
    # shellcheck disable=SC2046
    ld.lld-19 app.o $(PKG_CONFIG_PATH=$PWD/sdk/lib/pkgconfig pkg-config --libs mewz) -o app.elf
    run --separate-stderr timeout 60 sdk/bin/mewz-cc run app.elf
    [ "$output" = hello ]
}

@test "what the installed documents lead to is installed, too" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    cd sdk/share/doc/mewz
    local document link count=0
    for document in README.md docs/*.md; do
        while read -r link; do
            [ -e "$(dirname "$document")/${link%%#*}" ] || { echo "$document: $link" && false; }
            count=$((count + 1))
        done < <(grep -oE '\]\([^)]+\)' "$document" | sed 's/^](//; s/)$//' | grep -v -e '^http' -e '^#' -e '^\.\./' -e '^templates/')
    done
    [ $count -gt 50 ]
    [ -e docs/kubernetes/runtimeclass.yaml ]
}

# --- install.sh's options ---

@test "a package's file tree below --destdir, and removal" {
    "$ROOT/install.sh" --destdir "$PWD/tree" --prefix /opt/mewz
    builds_and_runs "$PWD/tree/opt/mewz/bin/mewz-cc"
    [ "$(ls tree)" = opt ]
    touch tree/opt/mewz/bin/mine
    "$ROOT/install.sh" --destdir "$PWD/tree" --prefix /opt/mewz --uninstall
    [ "$(find tree -type f)" = tree/opt/mewz/bin/mine ]
}

@test "without root it goes to ~/.local, and leaves what is there alone" {
    mkdir -p home/.local/bin
    echo mine >home/.local/bin/mine
    chmod -R a+rwX home
    if [ "$(id -u)" = 0 ]; then
        chmod a+rx "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
        run setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$PWD/home" "$ROOT/install.sh"
    else
        HOME=$PWD/home run "$ROOT/install.sh"
    fi
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"Put $PWD/home/.local/bin on your PATH"* ]]
    builds_and_runs "$PWD/home/.local/bin/mewz-cc"
    HOME=$PWD/home "$ROOT/install.sh" --prefix "$PWD/home/.local" --uninstall
    [ "$(find home -type f)" = home/.local/bin/mine ]
}

@test "what a newer SDK no longer has goes" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    touch sdk/share/doc/mewz/old.md
    echo share/doc/mewz/old.md >>sdk/share/mewz/installed
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    [ ! -e sdk/share/doc/mewz/old.md ]
    [ -e sdk/share/doc/mewz/README.md ]
}

@test "a full disk leaves nothing, and an older SDK whole" {
    [ "$(id -u)" = 0 ] || skip "only root can mount a small file system"
    mkdir small
    mount -t tmpfs -o size=600k none small || skip "no file system can be mounted here"
    run "$ROOT/install.sh" --prefix "$PWD/small/sdk"
    left=$(ls -A small)
    umount small
    [ "$status" = 1 ]
    [ -z "$left" ]
}

@test "missing tools are named by their packages" {
    mkdir bin
    for tool in sh dirname id mktemp mkdir install mv cp rm find sed sort grep ls cat chmod rmdir echo; do
        ln -s "$(command -v $tool)" bin/
    done
    PATH=$PWD/bin run "$ROOT/install.sh" --prefix "$PWD/sdk"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"apt-get install lld-19"* ]]
}

@test "what install.sh refuses" {
    run "$ROOT/install.sh" --prefx x
    [ "$status" = 2 ]
    [[ $output == *"unknown argument --prefx"* ]]
    run "$ROOT/install.sh" --prefix "$PWD/nothing" --uninstall
    [ "$status" = 1 ]
    [[ $output == *"there is no SDK in"* ]]
    ln -s "$ROOT" source
    run "$ROOT/install.sh" --prefix "$PWD/source/."
    [ "$status" = 1 ]
    [[ $output == *"is the source tree, which is an SDK already" ]]
    rm source
    touch file
    run "$ROOT/install.sh" --prefix "$PWD/file"
    [ "$status" = 1 ]
    [ "$(ls)" = file ]
}

# --- packages ---

@test "make dist: an archive that works wherever it is unpacked, the same each time" {
    "$ROOT/scripts/package.sh" dist 1.2.3 "$PWD/one"
    "$ROOT/scripts/package.sh" dist 1.2.3 "$PWD/two"
    cmp one/mewz-1.2.3-x86_64.tar.xz two/mewz-1.2.3-x86_64.tar.xz
    [ "$(ls -A one)" = mewz-1.2.3-x86_64.tar.xz ]
    mkdir 'some where'
    tar -C 'some where' -xf one/mewz-1.2.3-x86_64.tar.xz
    builds_and_runs "$PWD/some where/mewz-1.2.3-x86_64/bin/mewz-cc"
}

@test "make deb: installs into a root of its own, works there, and removes cleanly" {
    "$ROOT/scripts/package.sh" deb 1.2.3 "$PWD/one"
    "$ROOT/scripts/package.sh" deb 1.2.3 "$PWD/two"
    cmp one/mewz_1.2.3_amd64.deb two/mewz_1.2.3_amd64.deb
    # Each library comes from a package that this one depends on.
    dpkg-deb -f one/mewz_1.2.3_amd64.deb Depends >depends
    llvm-readelf-19 -d "$ROOT"/bin/* "$ROOT/lib/mewz-llvm.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort -u >needed
    while read -r library; do
        case $library in
        libc.so.6 | libm.so.6) package=libc6 ;;
        libcjson.so.1) package=libcjson1 ;;
        libLLVM.so.19.1) package=libllvm19 ;;
        libstdc++.so.6) package=libstdc++6 ;;
        *) package="the package of $library" ;;
        esac
        grep -qw -e "$package" depends || { echo "$package" && false; }
    done <needed
    [ -s needed ]
    mkdir -p root/var/lib/dpkg/{info,updates,triggers}
    touch root/var/lib/dpkg/{status,available}
    dpkg --root="$PWD/root" --force-not-root --force-depends --force-script-chrootless --log=log -i one/mewz_1.2.3_amd64.deb
    builds_and_runs "$PWD/root/usr/bin/mewz-cc"
    man -l --warnings root/usr/share/man/man1/mewz-cc-build.1.gz | grep -q 'mewz-cc build'
    [ -s root/usr/share/doc/mewz/copyright ]
    dpkg --root="$PWD/root" --force-not-root --force-script-chrootless --log=log -P mewz
    [ -z "$(find root -path root/var -prune -o ! -type d -print)" ]
}

@test "find_package(mewz) in CMake: an image of a module, and a kernel of an object" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    cp "$ROOT/build/guests/hello.wasm" .
    sdk/bin/mewz-cc compile hello.wasm -o hello.o
    cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.18)
project(example C)
find_package(mewz 0.1 REQUIRED)
mewz_add_image(image hello.wasm OUTPUT hello.img OPTIONS --env A=b)
add_executable(kernel.elf hello.o)
set_target_properties(kernel.elf PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(kernel.elf mewz::kernel)
END
    CC=clang-19 cmake -S . -B build -DCMAKE_PREFIX_PATH="$PWD/sdk" >log
    cmake --build build >>log
    for result in hello.img kernel.elf; do
        run --separate-stderr timeout 60 sdk/bin/mewz-cc run build/$result
        [ "$output" = hello ]
    done
    run cmake -S . -B other -DCMAKE_PREFIX_PATH=/nowhere
    [ "$status" != 0 ]
}

@test "a compiler instead of the linker, with pkg-config" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    sdk/bin/mewz-cc compile "$ROOT/build/guests/hello.wasm" -o app.o
    # shellcheck disable=SC2046
    clang-19 app.o $(PKG_CONFIG_PATH=$PWD/sdk/lib/pkgconfig pkg-config --variable=cc_libs mewz) -o app.elf
    run --separate-stderr timeout 60 sdk/bin/mewz-cc run app.elf
    [ "$output" = hello ]
}

@test "every verb has its manual page, and none has a mistake" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    "$ROOT/bin/mewz-cc" --help | sed -nE 's/^  ([a-z-]+) .*/\1/p' | while read -r verb; do
        page=sdk/share/man/man1/mewz-cc-$verb.1
        man -l --warnings "$page" >text 2>warnings
        [ ! -s warnings ]
        grep -q "mewz-cc $verb" text
        "$ROOT/bin/mewz-cc" "$verb" --help | sed -nE 's/^  (--[a-z-]+).*/\1/p' | while read -r option; do
            grep -qw -e "$option" text
        done
    done
    man -l --warnings sdk/share/man/man1/mewz-cc.1 >/dev/null 2>warnings
    [ ! -s warnings ]
}

@test "zsh completes verbs and options" {
    "$ROOT/install.sh" --prefix "$PWD/sdk"
    complete_words() {
        PATH=$PWD/sdk/bin:$PATH zsh -fc '
            _describe() { print -l -- ${(P)2} }
            _files() { print files }
            words=("$@"); CURRENT=$#
            source '"$PWD"'/sdk/share/zsh/site-functions/_mewz-cc' zsh "$@"
    }
    complete_words mewz-cc '' | grep -q '^convert:make an image'
    complete_words mewz-cc build -- | grep -q '^--format:raw, qcow2'
    complete_words mewz-cc build -- | grep -q '^-o:where'
    [ "$(complete_words mewz-cc build x)" = files ]
}
