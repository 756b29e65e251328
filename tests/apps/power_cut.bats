# SQLite on a disk, and the power goes: QEMU is killed in the middle of transactions, at a line of the program's output.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/bin:$PATH:/sbin:/usr/sbin
CUTS=${CUTS:-5}
export MEWZ_ACCEL=tcg

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    timeout 300 mewz-cc compile "$ROOT/build/apps/sqlite.wasm" -o sqlite.o
    timeout 60 mewz-cc build sqlite.o -o sqlite.elf --disk :/data
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    mewz-cc disk create "$BATS_TEST_TMPDIR/data.img" --size 64MiB
}

# sqlite ARG...: the shell with the disk's database.
sqlite() {
    timeout 120 mewz-cc run sqlite.elf -m 128 --disk "$BATS_TEST_TMPDIR/data.img:/data" -- /data/db "$@"
}

# Transactions of 100 rows from the one with number $1 on; each says when it is committed. A small cache makes SQLite
# write to the database before the end of a transaction, so that it needs its journal.
transactions() {
    local i
    echo 'pragma cache_size = 10; create table if not exists item (turn int, text);'
    for ((i = $1; i < $1 + 400; i++)); do
        echo "begin; with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
            insert into item select $i, hex(randomblob(400)) from n; update item set text = text || 'x' where turn = $i - 1;
            commit; select 'committed $i';"
    done
}

# cut_after LINE SCRIPT: runs the script, and kills the machine's QEMU when the program has written that line.
cut_after() {
    local line='' machine children
    mkfifo out
    timeout -s KILL 120 mewz-cc run sqlite.elf -m 128 --disk "$BATS_TEST_TMPDIR/data.img:/data" -- /data/db <"$2" >out 3>&- &
    machine=$!
    exec 7<out
    rm out
    while [ "$line" != "$1" ]; do
        read -r -t 100 -u 7 line
    done
    children=$(pgrep -P "$(pgrep -P $machine)")
    kill -KILL "$children"
    wait $machine || true # it tells of the QEMU that it has lost
    exec 7<&-
}

@test "sqlite: what was committed before a power cut is there, what was not is not" {
    { transactions 1 | sed -n '1,10p'; echo "begin; delete from item where turn < 3;
        insert into item select 1000, hex(randomblob(400)) from item; select 'inside';
        with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n;"; } >script
    cut_after inside script
    sqlite 'pragma integrity_check; select turn, count(*) from item group by turn' >found
    [ "$(cat found)" = "$(echo ok; for i in 1 2 3; do echo "$i|100"; done)" ]
    e2fsck -fn "$BATS_TEST_TMPDIR/data.img"
}

@test "sqlite: power cuts while it commits" {
    local cut told committed=0 rows turns
    for ((cut = 0; cut < CUTS; cut++)); do
        transactions $((committed + 1)) >script
        told=$((committed + 3 + RANDOM % 20))
        cut_after "committed $told" script
        sqlite 'pragma integrity_check; select max(turn), count(*), count(distinct turn) from item' >found
        cat found
        [ "$(head -n 1 found)" = ok ]
        IFS='|' read -r committed rows turns < <(tail -n 1 found)
        [ "$committed" -ge "$told" ]
        [ "$turns" = "$committed" ]
        [ "$rows" = $((100 * turns)) ]
    done
}
