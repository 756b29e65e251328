# shellcheck disable=SC2016 # what runs in the namespace is quoted
# The environment from a cloud's metadata service, which here is one of our own at 169.254.169.254, on a tap device in a
# network namespace: no other address is asked.
load ../lib/guests
load ../lib/net

setup_file() {
    cat >"$BATS_FILE_TMPDIR/print.c" <<'CODE'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static const char *get(const char *name) { return getenv(name) ? getenv(name) : "(none)"; }
int main(void)
{
    printf("[%s] [%s] [%s]\n", get("HOSTNAME"), get("USER_DATA"), get("OWN"));
    return 0;
}
CODE
    clang-19 --target=wasm32-wasi -O2 -o "$BATS_FILE_TMPDIR/print.wasm" "$BATS_FILE_TMPDIR/print.c"
}

setup() {
    require_network
    export BATS_FILE_TMPDIR
}

# with_service CLOUD HOW [OPTION...]: what the program finds where such a service answers, in $output
with_service() {
    mewz-cc build "$BATS_FILE_TMPDIR/print.wasm" -o "$BATS_TEST_TMPDIR/app.elf" --env OWN=own "${@:3}" --metadata "$1"
    export CLOUD=$1 HOW=$2
    on_network 'ip address add 169.254.169.254/32 dev tap0
        node '"$NET_ROOT"'/tests/kernel/metadata.mjs "$BATS_TEST_TMPDIR/log" $CLOUD $HOW &
        wait_until test -s "$BATS_TEST_TMPDIR/log"
        mewz-cc run "$BATS_TEST_TMPDIR/app.elf" -m 64 --net tap:tap0 </dev/null'
    cat "$BATS_TEST_TMPDIR/log"
}

USER_DATA='port=8080
name="a & b"
'

@test "metadata: the machine's name and user data, as each cloud has them" {
    while read -r cloud name; do
        with_service "$cloud" plain
        [ "$output" = "[$name] [$USER_DATA] [own]" ]
    done <<'END_OF_CLOUDS'
aws ip-10-0-2-15.ec2.internal
gcp vm.c.project.internal
azure vm
openstack vm.novalocal
digitalocean droplet
hetzner server
oracle instance
END_OF_CLOUDS
}

@test "metadata: answers that end with the connection, and without tokens" {
    with_service gcp until-end
    [ "$output" = "[vm.c.project.internal] [$USER_DATA] [own]" ]
}

@test "metadata: what the image has itself stays" {
    with_service hetzner plain --env HOSTNAME=mine
    [ "$output" = "[mine] [$USER_DATA] [own]" ]
}

@test "metadata: answers that mean harm leave the program without" {
    for how in garbage short huge headers zero reset silent; do
        with_service digitalocean "$how"
        echo "$how"
        case $how in
        zero) [ "$output" = "[a] [(none)] [own]" ] || [ "$output" = "[(none)] [(none)] [own]" ] ;;
        *)
            [ "$output" = "[(none)] [(none)] [own]" ]
            [[ $stderr == *"no answer from the cloud's metadata service"* ]]
            ;;
        esac
    done
}

@test "metadata: a machine without a network goes on without" {
    mewz-cc build "$BATS_FILE_TMPDIR/print.wasm" -o "$BATS_TEST_TMPDIR/app.elf" --metadata gcp
    run --separate-stderr timeout 60 mewz-cc run "$BATS_TEST_TMPDIR/app.elf" --net none
    [ "$output" = "[(none)] [(none)] [(none)]" ]
    [[ $stderr == *"no answer from the cloud's metadata service"* ]]
}

@test "metadata: only in the images that ask for it" {
    llvm-nm-19 --defined-only "$GUESTS/sockets.elf" >"$BATS_TEST_TMPDIR/symbols"
    grep -q net_start "$BATS_TEST_TMPDIR/symbols"
    run ! grep -q metadata_fetch "$BATS_TEST_TMPDIR/symbols"
    run --separate-stderr mewz-cc build "$BATS_FILE_TMPDIR/print.wasm" -o x.elf --metadata clouds
    [ "$status" = 2 ]
    [[ $stderr == *"--metadata clouds: none of aws, gcp, azure, openstack, digitalocean, hetzner, oracle"* ]]
    run --separate-stderr mewz-cc build "$BATS_FILE_TMPDIR/print.wasm" -o x --target x86_64-linux --metadata gcp
    [ "$status" = 2 ]
    [ ! -e x ] && [ ! -e x.elf ]
}
