// generate.mjs markdown BYTES | sql ROWS: write a large input for the applications to stdout, the same at every run.
let state = 0x2545f491;
function random(below) { // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
}

const syllables = ['ka', 'to', 'mi', 'ren', 'sol', 'ver', 'an', 'du', 'phi', 'lex', 'or', 'ban', 'é', 'ü', '木', 'st'];
const word = () => Array.from({ length: 1 + random(4) }, () => syllables[random(syllables.length)]).join('');
const words = count => Array.from({ length: count }, word).join(' ');
const inline = [
    () => words(3 + random(8)), () => `*${words(2)}*`, () => `**${words(2)}**`, () => `\`${word()} < ${word()}\``,
    () => `[${words(2)}](https://example.com/${word()}?a=1&b=${random(1000)})`, () => `![${word()}](${word()}.png "${words(2)}")`,
    () => `&amp; &#${33 + random(900)}; \\* <span>${word()}</span>`, () => `***${word()}** ${word()}*`,
];
const sentence = () => Array.from({ length: 2 + random(4) }, () => inline[random(inline.length)]()).join(' ') + '.';
const block = [
    () => `${'#'.repeat(1 + random(6))} ${words(4)}`,
    () => Array.from({ length: 3 + random(5) }, sentence).join('\n'),
    () => Array.from({ length: 2 + random(6) }, (_, i) => `${' '.repeat(2 * random(3))}- ${sentence()}`).join('\n'),
    () => Array.from({ length: 2 + random(4) }, (_, i) => `${i + 1}. ${sentence()}`).join('\n'),
    () => `> ${sentence()}\n> > ${sentence()}\n> ${sentence()}`,
    () => '```c\n' + Array.from({ length: 3 + random(9) }, () => `    int ${word()} = ${random(1e9)};`).join('\n') + '\n```',
    () => `${words(3)}\n${'='.repeat(5)}`,
    () => `<div class="${word()}">\n${words(9)}\n</div>`,
];

function markdown(bytes) {
    let document = '';
    while (document.length < bytes)
        document += block[random(block.length)]() + '\n\n';
    return Buffer.from(document).subarray(0, bytes);
}

function sql(rows) {
    const lines = ['.mode list', 'begin;', 'create table item(id integer primary key, name text, price real, tag text);'];
    for (let i = 1; i <= rows; i++)
        lines.push(`insert into item values(${i}, '${words(3)}', ${random(100000) / 100}, '${word()}');`);
    lines.push('commit;', 'create index by_tag on item(tag);',
        'select tag, count(*), round(sum(price), 2), min(name) from item group by tag order by 2 desc, 1 limit 20;',
        'select a.id, b.id from item a join item b on a.tag = b.tag and a.price < b.price order by a.price, b.id limit 10;',
        'select id, rank() over (partition by tag order by price desc), avg(price) over (order by id rows 5 preceding) from item limit 25;',
        "create virtual table text using fts5(name); insert into text select name from item;",
        "select count(*), min(name) from text where text match 'ka OR to*';",
        'create virtual table box using rtree(id, x0, x1, y0, y1);',
        'insert into box select id, price, price + 1, id % 97, id % 97 + 1 from item;',
        'select count(*) from box where x1 > 100 and x0 < 200 and y0 between 10 and 20;',
        "select json_group_array(json_object('id', id, 'price', price)) from item where id % 997 = 0;",
        'with recursive f(n, a, b) as (select 1, 0, 1 union all select n + 1, b, a + b from f where n < 90) select n, a from f where n % 10 = 0;',
        "begin; delete from item where id % 2; select count(*) from item; rollback; select count(*) from item;",
        "select printf('%08.3f|%-10s|%+d|%x', 3.14159, 'left', 42, 255), upper('straße'), typeof(1e400);",
        "update item set price = price * 1.1 where tag like 'k%'; select total(price) > 0, changes() > 0 from item;",
        'pragma integrity_check;', 'select * from no_such_table;', 'select 1/0, 7 % 3, -7 / 2, 1 << 62;');
    return lines.join('\n') + '\n';
}

const [kind, size] = process.argv.slice(2);
process.stdout.write(kind === 'sql' ? sql(Number(size)) : markdown(Number(size)));
