# Real programs that work on files: the SQLite shell with a database in a file, Lua with scripts from a folder.
load ../lib/systems

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir -p folder/scripts linux
    node "$BATS_TEST_DIRNAME/generate.mjs" sql 10000 >input
    cat >folder/scripts/main.lua <<'END'
package.path = '/data/scripts/?.lua'
local list = require 'list'
local names = {}
for i = 1, 200 do
    local file = assert(io.open('/data/' .. i .. '.txt', 'w'))
    file:write(('line of %d\n'):format(i):rep(i))
    file:close()
end
for i = 1, 200 do
    local count = 0
    for _ in io.lines('/data/' .. i .. '.txt') do count = count + 1 end
    assert(count == i)
    assert(os.rename('/data/' .. i .. '.txt', '/data/' .. list.name(i)))
    assert(not io.open('/data/' .. i .. '.txt'))
    assert(os.remove('/data/' .. list.name(i)))
end
print(list.name(7), io.open('/data/nothing'))
END
    printf 'return { name = function(i) return "renamed-" .. i end }\n' >folder/scripts/list.lua
    for app in sqlite lua; do
        timeout 300 mewz-cc compile "$ROOT/build/apps/$app.wasm" -o $app.o
        timeout 60 mewz-cc build $app.o -o $app.elf --dir folder:/data
        timeout 60 mewz-cc build $app.o -o $app --target x86_64-linux --format elf
    done
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

# The same script on a database in memory, where the program's own tests hold it against another runtime.
@test "sqlite: 10,000 rows in a file, as in memory" {
    local wanted=0 code=0
    timeout 200 ./sqlite :memory: <input >wanted 2>wanted.err || wanted=$?
    MEWZ_DIRS=linux:/data timeout 200 ./sqlite /data/db <input >out 2>out.err || code=$?
    [ $code = $wanted ]
    cmp wanted out
    cmp wanted.err out.err
    code=0
    timeout 280 mewz-cc run sqlite.elf -m 256 -- /data/db <input >out 2>out.err || code=$?
    [ $code = $wanted ]
    cmp wanted out
    cmp wanted.err out.err
}

@test "sqlite: the file that it leaves is whole, and can be put into an image" {
    [ "$(MEWZ_DIRS=linux:/data timeout 60 ./sqlite /data/db 'pragma integrity_check; select count(*) from item')" = "ok
10000" ]
    timeout 60 mewz-cc build sqlite.o -o with.elf --dir linux:/data
    run --separate-stderr timeout 60 mewz-cc run with.elf -m 128 -- /data/db \
        "delete from item where id > 10; pragma integrity_check; select count(*) from item"
    [ "$output" = "ok
10" ]
}

@test "lua: modules from a folder, 200 files written, read, renamed and removed" {
    cp -r folder linux-lua
    run env MEWZ_DIRS=linux-lua:/data timeout 60 ./lua /data/scripts/main.lua
    echo "$output"
    [ "$output" = "renamed-7	nil	/data/nothing: No such file or directory	44" ]
    [ "$(ls linux-lua)" = scripts ]
    run timeout 60 mewz-cc run lua.elf -m 64 -- /data/scripts/main.lua
    [ "$output" = "renamed-7	nil	/data/nothing: No such file or directory	44" ]
}

# The same with a folder of the host, and with a disk, which Linux finds whole and without what was removed.
@test "lua: scripts from a host folder and from a disk" {
    PATH=$PATH:/sbin:/usr/sbin
    cp -r folder shared
    truncate -s 32M lua.img
    mke2fs -q -F -t ext4 -b 4096 -d folder lua.img
    for volume in --mount=shared:/data --disk=lua.img:/data; do
        timeout 60 mewz-cc build lua.o -o volumes.elf "$volume"
        run timeout 100 mewz-cc run volumes.elf -m 128 "$volume" -- /data/scripts/main.lua
        echo "$output"
        [ "$output" = "renamed-7	nil	/data/nothing: No such file or directory	44" ]
    done
    diff -r folder shared
    e2fsck -fn lua.img
    mewz-cc disk ls lua.img:/ >listed
    grep -q scripts listed
    run ! grep -q txt listed
}
