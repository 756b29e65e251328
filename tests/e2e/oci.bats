# Container images: other tools read them, they say what the program has baked in, and come out the same each time.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
load ../lib/wait
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
FACTS=$ROOT/build/guests/facts.wasm
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

setup() {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
}

# field FILE EXPRESSION: of its configuration, as skopeo reads it
field() {
    skopeo inspect --config "oci-archive:$1" | node -e '
        const config = JSON.parse(require("fs").readFileSync(0));
        process.stdout.write(JSON.stringify(eval(process.argv[1])));' "$2"
}

@test "an image with a kernel" {
    mewz-cc build "$FACTS" -o app.oci --env A=b --tag registry.example/team/app:1.0 -- one 'two words'
    [ "$(field app.oci 'config.os + "/" + config.architecture')" = '"linux/amd64"' ]
    [ "$(field app.oci config.config.Entrypoint)" = '["/facts.elf"]' ]
    [ "$(field app.oci config.config.Cmd)" = '["one","two words"]' ]
    [ "$(field app.oci config.config.Env)" = '["A=b"]' ]
    tar xf app.oci index.json
    grep -q '"io.containerd.image.name":"registry.example/team/app:1.0"' index.json
    grep -q '"org.opencontainers.image.ref.name":"1.0"' index.json
}

@test "the kernel in the layer runs" {
    mewz-cc build "$FACTS" -o app.oci -- one
    mkdir layout
    tar -C layout -xf app.oci
    [ "$(skopeo inspect --format '{{.Architecture}}' oci:layout)" = amd64 ]
    for blob in layout/blobs/sha256/*; do
        [ "$(sha256sum <"$blob")" = "$(basename "$blob")  -" ]
        tar xzf "$blob" 2>/dev/null || true # the others are JSON
    done
    [ -x facts.elf ]
    cmp facts.elf <(mewz-cc build "$FACTS" -o /dev/stdout --format elf -- one)
    timeout 60 mewz-cc run facts.elf
}

@test "an image with the module" {
    mewz-cc build "$FACTS" -o app.oci --oci-wasm --env A=b --listen tcp:0.0.0.0:80 --listen 'udp:[::]:53' -- one
    [ "$(field app.oci 'config.os + "/" + config.architecture')" = '"wasip1/wasm"' ]
    [ "$(field app.oci config.config.Entrypoint)" = '["/facts.wasm"]' ]
    [ "$(field app.oci config.config.Cmd)" = '["one"]' ]
    [ "$(field app.oci 'Object.keys(config.config.ExposedPorts)')" = '["53/udp","80/tcp"]' ]
    skopeo copy -q oci-archive:app.oci dir:unpacked
    for blob in unpacked/*; do
        tar xzf "$blob" 2>/dev/null || true # the others are JSON
    done
    cmp facts.wasm "$FACTS"
}

@test "the same program gives the same image; a converted one is the same, too" {
    mewz-cc build "$FACTS" -o one.oci -- x
    mkdir tmp
    TMPDIR=$PWD/tmp TZ=Asia/Tokyo mewz-cc build "$FACTS" -o two --format oci -- x
    cmp one.oci two
    mewz-cc build "$FACTS" -o app.qcow2 -- x
    mewz-cc convert app.qcow2 -o three.tar
    cmp one.oci three.tar
}

@test "containerd takes it in" {
    [ "$(id -u)" = 0 ] || skip "containerd runs as root"
    command -v containerd >/dev/null || skip "there is no containerd"
    mewz-cc build "$FACTS" -o app.oci --tag registry.example/app:1.0
    cat >config.toml <<END
version = 2
root = "$PWD/root"
state = "$PWD/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$PWD/socket"
[ttrpc]
address = "$PWD/ttrpc"
END
    containerd --config config.toml >log 2>&1 3>&- &
    daemon=$!
    wait_until ctr --address "$PWD/socket" version
    status=0
    timeout 60 ctr --address "$PWD/socket" image import --snapshotter native app.oci || status=$?
    images=$(ctr --address "$PWD/socket" image list -q)
    kill $daemon
    wait $daemon
    tail -n 3 log
    [ "$status" = 0 ]
    [ "$images" = registry.example/app:1.0 ]
}

@test "what cannot be is refused" {
    for words in '--tag two:words:' '--tag UPPER/case' '--tag /x' '--oci-wasm --format raw'; do
        # shellcheck disable=SC2086
        run --separate-stderr mewz-cc build "$FACTS" -o app.oci $words
        [ "$status" = 2 ]
        [ "${#stderr_lines[@]}" = 1 ]
    done
    mewz-cc compile "$FACTS" -o app.o
    run --separate-stderr mewz-cc build app.o -o app.oci --oci-wasm
    [ "$status" = 1 ]
    [[ $stderr == *"app.o: not a module"* ]]
    [ ! -e app.oci ]
}
