# A program that works on whole folders (tree/), 5,000 files of them: it names them as Git does, packs and unpacks tar
# archives. Git and tar say whether that is right.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH:/sbin:/usr/sbin
export MEWZ_ACCEL=tcg

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    node --input-type=module - <<'CODE'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
for (let i = 0; i < 5000; i++) {
    const folder = `files/${i % 7}/${i % 50}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/file-${i}.txt`, `line of file ${i}\n`.repeat(i % 13 ? i % 97 : (i * 7) % 3000))
}
symlinkSync('../0/0/file-0.txt', 'files/1/link')
writeFileSync('files/1.txt', 'its name sorts before the folder 1/')
CODE
    git -c init.defaultBranch=main init -q store
    git -C store --work-tree=../files add -A
    git -C store write-tree >wanted
    tar --format=ustar -C files -cf files.tar .
    cp "$ROOT/build/apps/tree.wasm" .
    timeout 120 mewz-cc compile tree.wasm -o tree.o
    timeout 60 mewz-cc build tree.o -o tree --target x86_64-linux --format elf
    timeout 60 mewz-cc build tree.o -o with.elf --dir files:/files
    timeout 60 mewz-cc build tree.o -o empty.elf
    timeout 60 mewz-cc build tree.o -o disk.elf --disk :/data
    timeout 60 mewz-cc build tree.o -o mount.elf --mount tag:/data
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# holds_files ARCHIVE: it holds what there is in `files`.
holds_files() {
    rm -rf unpacked
    mkdir unpacked
    tar -C unpacked -xf "$1"
    diff -r --no-dereference files unpacked
}

@test "tree: Git's name for 5,000 files, on Linux" {
    MEWZ_DIRS=files:/files timeout 60 ./tree hash /files | cmp - wanted
}

@test "tree: Git's name for 5,000 files, in the image" {
    timeout 60 mewz-cc run with.elf -- hash /files </dev/null | cmp - wanted
}

@test "tree: Git's name for 5,000 files, in a host folder" {
    timeout 120 mewz-cc run mount.elf --mount files:/data:ro -- hash /data </dev/null | cmp - wanted
}

@test "tree: packs them for tar" {
    MEWZ_DIRS=files:/files timeout 60 ./tree pack /files >packed.tar
    holds_files packed.tar
    timeout 60 mewz-cc run with.elf -- pack /files </dev/null >packed.tar
    holds_files packed.tar
}

@test "tree: unpacks what tar has packed" {
    mkdir here
    MEWZ_DIRS=here:/here timeout 60 ./tree unpack /here/files <files.tar
    diff -r --no-dereference files here/files
    timeout 60 mewz-cc run empty.elf -m 128 -- unpack /tmp/files hash /tmp/files <files.tar | cmp - wanted
}

@test "tree: unpacks into a host folder" {
    mkdir share
    timeout 200 mewz-cc run mount.elf --mount share:/data -- unpack /data/files <files.tar
    diff -r --no-dereference files share/files
}

@test "tree: unpacks onto a disk, which keeps the files" {
    mewz-cc disk create data.img --size 128MiB
    timeout 200 mewz-cc run disk.elf -m 128 --disk data.img:/data -- unpack /data/files hash /data/files <files.tar | cmp - wanted
    timeout 100 mewz-cc run disk.elf -m 128 --disk data.img:/data -- hash /data/files </dev/null | cmp - wanted
    e2fsck -fn data.img
}

@test "tree: an archive that is cut short is an error" {
    run --separate-stderr bash -c 'head -c 100000 files.tar | timeout 60 mewz-cc run empty.elf -- unpack /tmp/files'
    [ "$status" = 1 ]
    [[ $stderr == "the archive ends early: "* ]]
}
