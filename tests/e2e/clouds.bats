# `mewz-cc cloud-image`: each file has the shape that the provider documents, and boots.
# shellcheck disable=SC2030,SC2031 # tests share nothing
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH
export MEWZ_ACCEL=tcg

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mewz-cc build "$ROOT/build/guests/hello.wasm" -o 'My app_1.img'
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# makes CLOUD FILE COMMAND: the image for that cloud; its steps name the file, and each begins with the command
makes() {
    run --separate-stderr timeout 300 mewz-cc cloud-image --for "$1" 'My app_1.img' -o "$1"
    printf '%s\n' "$output" "$stderr"
    [ "$status" = 0 ]
    [ "$(find "$1" -type f)" = "$1/$2" ]
    [[ ${lines[0]} == "$1/$2: for $1."* ]]
    [[ $output == *" $1/$2"* || $output == *"/$1/$2"* || $output == *"<$1/$2"* ]]
    [ "$(grep -c "^  .*\<$3\> " <<<"$output")" = $((${#lines[@]} - 1)) ]
}

says_hello() {
    run --separate-stderr timeout 120 mewz-cc run "$@"
    printf 'exit code %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
    [ "$status" = 0 ]
    [ "$output" = hello ]
}

@test "Google: disk.raw of whole GiB in a gzipped old-GNU tar" {
    makes gcp my-app-1.tar.gz gcloud
    [ "$(tar tzf gcp/my-app-1.tar.gz)" = disk.raw ]
    [ "$(zcat gcp/my-app-1.tar.gz | head -c 265 | tail -c 8 | od -An -c | tr -d ' ')" = 'ustar\0' ]
    tar xSzf gcp/my-app-1.tar.gz
    [ "$(stat -c %s disk.raw)" = 1073741824 ]
    run sgdisk -v disk.raw
    [[ $output == *"No problems found"* ]]
    says_hello disk.raw --firmware uefi
    cp gcp/my-app-1.tar.gz first
    makes gcp my-app-1.tar.gz gcloud
    cmp first gcp/my-app-1.tar.gz
}

@test "Amazon: a streamOptimized VMDK of whole GiB" {
    makes aws my-app-1.vmdk aws
    qemu-img info aws/my-app-1.vmdk | grep -q 'create type: streamOptimized'
    qemu-img info aws/my-app-1.vmdk | grep -q 'virtual size: 1 GiB'
    says_hello aws/my-app-1.vmdk
}

@test "Azure: a fixed VHD of whole MiB and its footer" {
    makes azure my-app-1.vhd az
    [ $(($(stat -c %s azure/my-app-1.vhd) % 1048576)) = 512 ]
    [ "$(tail -c 512 azure/my-app-1.vhd | head -c 8)" = conectix ]
    [ "$(tail -c 452 azure/my-app-1.vhd | head -c 4 | od -An -tx1 | tr -d ' ')" = 00000002 ] # fixed
    says_hello azure/my-app-1.vhd --firmware uefi
}

@test "OpenStack, DigitalOcean, Oracle, Proxmox: qcow2" {
    makes openstack my-app-1.qcow2 openstack
    makes digitalocean my-app-1.qcow2 doctl
    makes oracle my-app-1.qcow2 oci
    makes proxmox my-app-1.qcow2 qm
    for cloud in openstack digitalocean oracle proxmox; do
        qemu-img check -q $cloud/my-app-1.qcow2
    done
    says_hello openstack/my-app-1.qcow2
}

@test "Hetzner: a gzipped raw disk" {
    makes hetzner my-app-1.img.gz '\(hcloud\|gunzip\)'
    gunzip <hetzner/my-app-1.img.gz >hetzner.img
    says_hello hetzner.img
}

@test "a module is built on the way" {
    mewz-cc cloud-image --for openstack "$ROOT/build/guests/hello.wasm" -o from-wasm
    cmp from-wasm/hello.qcow2 openstack/my-app-1.qcow2
}

@test "commands can be pasted, whatever the folder is called" {
    run --separate-stderr mewz-cc cloud-image --for proxmox 'My app_1.img' -o "it's here"
    [ "$status" = 0 ]
    mkdir bin
    printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >bin/qm
    chmod +x bin/qm
    grep '^  qm set' <<<"$output" >pasted
    PATH=$PWD/bin:$PATH bash pasted | grep -qxF "local-lvm:0,import-from=$PWD/it's here/my-app-1.qcow2"
}

@test "what cannot be is said" {
    run --separate-stderr mewz-cc cloud-image --for clouds 'My app_1.img' -o x
    [ "$status" = 2 ]
    [[ $stderr == *"gcp, aws, azure, openstack, digitalocean, hetzner, oracle, proxmox"* ]]
    run --separate-stderr mewz-cc cloud-image 'My app_1.img' -o x
    [ "$status" = 2 ]
    [[ $stderr == *"--for CLOUD is missing"* ]]
    run --separate-stderr mewz-cc cloud-image --for gcp no-such-file -o x
    [ "$status" = 1 ]
    [ ! -e x ]
}

@test "the documents name every cloud" {
    for cloud in gcp aws azure openstack digitalocean hetzner oracle proxmox; do
        grep -q "^| \`$cloud\` |" "$ROOT/docs/clouds.md"
    done
}
