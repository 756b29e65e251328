// json.mjs: a document of 1 MB, the same at every run, on stdout.
let state = 1;
const random = below => (state = (state * 48271) % 2147483647) % below;
const text = () => Array.from({ length: 1 + random(12) }, () => 'abcdefgh \\"\né'[random(14)]).join('');
const value = depth => [
    () => random(1e9), () => random(1e6) / 64, text, () => random(2) === 0, () => null,
    () => Array.from({ length: random(8) }, () => value(depth + 1)),
    () => Object.fromEntries(Array.from({ length: random(8) }, () => [text(), value(depth + 1)])),
][random(depth < 6 ? 7 : 5)]();
const items = [];
for (let size = 0; size < 1e6;) {
    items.push(value(0));
    size += JSON.stringify(items[items.length - 1]).length + 1;
}
process.stdout.write(JSON.stringify(items));
