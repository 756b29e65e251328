# An installed SDK works from any prefix, also one with spaces, after a move, from any folder, and without the sources.
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
