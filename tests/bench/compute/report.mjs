// report.mjs SAMPLES PICTURE.svg: the medians of run.sh's samples as ratios to native, as a table in Markdown on stdout
// and as a picture.
import { readFileSync, writeFileSync } from 'node:fs';

const [samples, picture] = process.argv.slice(2);
const times = {};
for (const line of readFileSync(samples, 'utf8').trim().split('\n')) {
    const [program, maker, time] = line.split('\t');
    ((times[program] ??= {})[maker] ??= []).push(Number(time));
}
const median = list => list.toSorted((a, b) => a - b)[list.length >> 1];
const makers = ['mewz', 'v8', 'wasm2c'].filter(maker => Object.values(times).some(of => of[maker]));
const rows = Object.entries(times).map(([program, of]) => ({
    program, seconds: median(of.native) / 1e6,
    ratios: makers.map(maker => of[maker] && median(of[maker]) / median(of.native)),
}));
const mean = index => Math.exp(rows.reduce((sum, row) => sum + Math.log(row.ratios[index]), 0) / rows.length);
const cell = ratio => ratio ? ratio.toFixed(2) : '-';
// Where a maker lacks a program, its mean would be over other programs than those of the others.
const means = makers.map((_, i) => rows.every(row => row.ratios[i]) && mean(i));

console.log(`| program | native, s | ${makers.join(' | ')} |`);
console.log(`|---|---|${makers.map(() => '---|').join('')}`);
for (const row of rows)
    console.log(`| ${row.program} | ${row.seconds.toFixed(2)} | ${row.ratios.map(cell).join(' | ')} |`);
console.log(`| geometric mean | | ${means.map(cell).join(' | ')} |`);

const colours = ['#1a7f5a', '#8a8f98', '#c9a227'], bar = 9, gap = 10, left = 90, unit = 210, top = 40;
const height = makers.length * bar + gap, most = 3;
const groups = rows.map((row, r) => {
    const y = top + r * height;
    const bars = row.ratios.map((ratio, i) => ratio ? `<rect x="${left}" y="${y + i * bar}" width="${(Math.min(ratio, most) * unit).toFixed(1)}"` +
        ` height="${bar - 1}" fill="${colours[i]}"/><text x="${(left + Math.min(ratio, most) * unit + 4).toFixed(1)}" y="${y + i * bar + 8}"` +
        ` font-size="8">${cell(ratio)}</text>` : '');
    return `<text x="${left - 6}" y="${y + makers.length * bar / 2 + 4}" text-anchor="end">${row.program}</text>${bars.join('')}`;
});
const end = top + rows.length * height;
const legend = makers.map((maker, i) => `<rect x="${left + i * 90}" y="10" width="10" height="10" fill="${colours[i]}"/>` +
    `<text x="${left + i * 90 + 14}" y="19">${maker}</text>`);
writeFileSync(picture, `<svg xmlns="http://www.w3.org/2000/svg" width="${left + most * unit + 40}" height="${end + 24}" font-family="sans-serif"` +
    ` font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${legend.join('\n')}\n${groups.join('\n')}\n` +
    `<line x1="${left + unit}" x2="${left + unit}" y1="${top - 8}" y2="${end}" stroke="black" stroke-dasharray="3 3"/>\n` +
    `<text x="${left + unit}" y="${end + 14}" text-anchor="middle">native: 1</text>\n</svg>\n`);
