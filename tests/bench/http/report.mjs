// report.mjs WORK VERSIONS [FOLDER]: what bench.sh measured (WORK/results), as a table on stdout beside the bars, and in
// FOLDER, if there is one, as network-performance.md and network-performance.svg.
import fs from 'node:fs';
import os from 'node:os';
import { execFileSync } from 'node:child_process';

const [work, versionsFile, folder] = process.argv.slice(2);
const lines = fs.readFileSync(`${work}/results`, 'utf8').trim().split('\n').map((line) => line.split(' '));
const servers = ['mewz', 'linux', 'nginx'];
const names = { mewz: 'Mewz', linux: 'the same on Linux', nginx: 'nginx on Linux' };

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];
const select = (...keys) => lines.filter((line) => keys.every((key, i) => line[i] === key));
const last = (...keys) => median(select(...keys).map((line) => +line[keys.length]));
const values = (kind, at) => [...new Set(lines.filter((line) => line[0] === kind).map((line) => line[at]))];

// --- figures ---

const requests = (processor, network, path, kind, c, server) =>
    last('requests', processor, network, path, kind, c, server);
const count = (processor, path, kind, c, server) => select('count', processor, path, kind, c, server)[0].slice(6).map(Number);
const processors = values('requests', 1);
const networks = values('requests', 2);
const paths = ['/1k', '/20k', '/1m'];
const rounded = (figure) => (figure >= 100 ? Math.round(figure) : +figure.toFixed(1)).toLocaleString('en');

// --- bars: [what, figure, unit, bar, true if it must be at least that] ---

const bars = [];
for (const processor of processors) {
    for (const c of ['1', '16']) {
        const of = (server) => requests(processor, 'tap', '/1k', 'keep', c, server);
        bars.push([`requests a second, 1 KB, keep-alive, c=${c}, -cpu ${processor}`, of('mewz') / of('linux'), 'of Linux', 2, true]);
        const counts = (server) => count(processor, '/1k', 'keep', c, server)[0];
        bars.push([`instructions a request, c=${c}, -cpu ${processor}`, counts('mewz') / counts('linux'), 'of Linux', 0.25]);
    }
    const [, kicks, interrupts] = count(processor, '/1k', 'keep', '16', 'mewz');
    bars.push([`kicks a request, c=16, -cpu ${processor}`, kicks, '', 0.2]);
    bars.push([`interrupts a request, c=16, -cpu ${processor}`, interrupts, '', 0.2]);
    for (const way of ['up', 'down']) {
        const of = (server) => last('bulk', processor, way, server);
        bars.push([`bulk ${way === 'up' ? 'into' : 'out of'} the machine, -cpu ${processor}`, of('mewz') / of('linux'), 'of Linux', 1, true]);
    }
}
bars.push(['memory of the machine that served all this', last('memory', 'mewz'), 'MiB', 24]);
bars.push(['kernel in the image, code and data', last('kernel_size'), 'KiB', 320]);
const met = ([, figure, , bar, atLeast]) => (atLeast ? figure >= bar : figure <= bar);

for (const bar of bars) {
    console.log(`${bar[0].padEnd(66)} ${bar[1].toFixed(2).padStart(8)} ${bar[2].padEnd(9)} bar ${String(bar[3]).padStart(5)}  ${met(bar) ? 'met' : 'MISSED'}`);
}
if (!folder) process.exit();

// --- the document ---

const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

function requestTable(processor, network) {
    const rows = [];
    for (const path of paths) {
        for (const kind of ['keep', 'close']) {
            for (const c of ['1', '16', '256']) {
                const figures = servers.map((server) => requests(processor, network, path, kind, c, server));
                rows.push([path.slice(1), kind === 'keep' ? 'stays' : 'one a request', c, ...figures.map(rounded),
                    figures[1] ? `${(figures[0] / figures[1]).toFixed(1)} x` : '-']);
            }
        }
    }
    return table(['file', 'connection', 'c', ...servers.map((server) => names[server]), 'to Linux'], rows);
}

function countTable(processor) {
    const rows = [];
    for (const path of paths) {
        for (const kind of ['keep', 'close']) {
            for (const c of ['1', '16']) {
                const figures = servers.map((server) => count(processor, path, kind, c, server));
                rows.push([path.slice(1), kind === 'keep' ? 'stays' : 'one a request', c,
                    ...figures.map(([instructions]) => rounded(instructions)),
                    figures.map(([, kicks]) => kicks.toFixed(2)).join(' / '),
                    figures.map(([, , interrupts]) => interrupts.toFixed(2)).join(' / ')]);
            }
        }
    }
    return table(['file', 'connection', 'c', ...servers.map((server) => `instructions: ${names[server]}`), 'kicks', 'interrupts'], rows);
}

const bulkTable = table(['direction', 'processor', 'Mewz', 'the same on Linux'], processors.flatMap((processor) =>
    ['up', 'down'].map((way) => [way === 'up' ? 'into the machine' : 'out of the machine', `\`-cpu ${processor}\``,
        ...['mewz', 'linux'].map((server) => `${last('bulk', processor, way, server)} MB/s`)])));

const networkNames = { tap: 'a tap device', user: "QEMU's own network" };
const versions = fs.readFileSync(versionsFile, 'utf8').trim().split('\n').map((line) => line.split(' '));
const version = (name) => versions.find(([package_]) => package_.startsWith(name)).slice(0, 2).join(' ');
const qemu = execFileSync('qemu-system-x86_64', ['--version']).toString().split('\n')[0];

fs.writeFileSync(`${folder}/network-performance.md`, `# The network, measured

\`WRITE=1 make bench-http\` wrote this on ${new Date().toISOString().slice(0, 10)}, on a machine with ${os.cpus().length} processors.
Compared are, under the same QEMU (${qemu.replace('QEMU emulator version ', '')}; emulation, q35, one processor, virtio-net over PCI):

- **Mewz**: [tests/net/server](../tests/net/server) as a unikernel, with ${last('memory', 'mewz')} MiB of memory;
- **the same on Linux**: the same wasm, compiled by the same compiler with \`--target x86_64-linux\`, in a machine with Debian's
  cloud kernel (${version('linux-image')}) and ${last('memory', 'linux')} MiB;
- **nginx on Linux**: ${version('nginx')} in that machine, as a reference from outside.

The machines run at the same time in a network namespace of their own; wrk asks one at a time, in turns, and the figures are
medians; the machine's load average was ${os.loadavg()[1].toFixed(1)} at the end, and the busier it is, the more times scatter (counts do
not). Emulation runs \`rep movsb\` byte by byte, which Linux copies with where the processor promises that it is fast; so
everything is measured with such a processor (\`-cpu max\`) and with one that makes no such promise (\`-cpu max,-erms\`).

![Requests a second](network-performance.svg)

## Bars

${table(['what', 'figure', 'bar', ''], bars.map((bar) => [bar[0], `${bar[1].toFixed(2)} ${bar[2]}`.trim(), `${bar[4] ? 'at least' : 'at most'} ${bar[3]}`, met(bar) ? 'met' : '**missed**']))}

From the start of QEMU to the first answer it takes ${last('start', 'mewz')} ms with Mewz and ${last('start', 'linux')} ms with Linux; what is
loaded are ${rounded(last('image_size', 'mewz') / 1024)} KiB and ${rounded(last('image_size', 'linux') / 1024)} KiB.

## Requests a second

${processors.flatMap((processor) => networks.map((network) => `### \`-cpu ${processor}\`, over ${networkNames[network]}\n\n${requestTable(processor, network)}\n`)).join('\n')}
## Instructions, kicks and interrupts a request

Counted by a plugin and by QEMU's trace, over a tap device. A kick is the guest telling the device of buffers, an interrupt the
device or the timer telling the guest; with a processor that runs guests itself each is an exit from the guest, the dear part
of virtual input and output, which emulation cannot show as time. Order: Mewz / the same on Linux / nginx.

${processors.map((processor) => `### \`-cpu ${processor}\`\n\n${countTable(processor)}\n`).join('\n')}
## Bulk

One connection, 256 MiB at a time, over a tap device. The Mewz machine has 64 MiB here: emulation is slow to write to pages on
which code was ever translated, and in 24 MiB the network's buffers come to lie where the firmware ran.

${bulkTable}

## Where the stack itself is the limit

The TCP/IP stack is lwIP. These are its own, and stay:

- It looks for a segment's connection along a list, and then at all that a segment could be. Most segments are the one that
  their connection expects next, and these go past it (\`net/predict.c\`), at 250 instructions instead of 1,100 with 16
  connections, and of more than 2,000 with 256. Those with IPv6, with options, or after a loss are lwIP's.
- Connections that were closed here are another such list, so that only the last 128 of them are remembered.
- Each segment of 1460 bytes is made by itself, at about 1,800 instructions, of which 470 copy; the kernel joins them behind
  lwIP into frames of up to 58 KB, which the card cuts. Linux makes such large ones at once.
- Of the 4,850 instructions of a request for 1 KB with 16 connections about 650 are the program's, 450 copy, 750 are WASI's
  (half of them poll_oneoff's, over all connections), and 3,000 are TCP/IP and the card. Linux's 20,700 without
  \`rep movsb\` come from batches that are as large.
- What is sent is copied once, into the segments.
`);

// --- the picture: requests a second for 1 KB, in groups of bars ---

const groups = processors.flatMap((processor) => ['1', '16', '256'].map((c) => ({
    label: `c=${c}`, processor, figures: servers.map((server) => requests(processor, 'tap', '/1k', 'keep', c, server)),
})));
const largest = Math.max(...groups.flatMap((group) => group.figures));
const colours = { mewz: '#2f6fde', linux: '#e08a2e', nginx: '#8a8f98' };
const width = 760, height = 330, left = 20, bottom = 270, top = 50, step = (width - 2 * left) / groups.length;
const text = (x, y, words, more = '') => `<text x="${x}" y="${y}" ${more}>${words}</text>`;
const bar = (group, index, server, i) => {
    const size = (bottom - top) * group.figures[i] / largest;
    const x = left + index * step + 8 + i * ((step - 16) / 3);
    return `<rect x="${x.toFixed(1)}" y="${(bottom - size).toFixed(1)}" width="${((step - 22) / 3).toFixed(1)}" height="${size.toFixed(1)}" fill="${colours[server]}"/>` +
        text((x + (step - 22) / 6).toFixed(1), (bottom - size - 4).toFixed(1), `${(group.figures[i] / 1000).toFixed(1)}k`, 'text-anchor="middle" font-size="10"');
};
fs.writeFileSync(`${folder}/network-performance.svg`, `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="white"/>
${text(left, 22, 'Requests a second: a file of 1 KB, connections that stay, over a tap device', 'font-size="14" font-weight="bold"')}
${groups.flatMap((group, index) => servers.map((server, i) => bar(group, index, server, i))).join('\n')}
<line x1="${left}" y1="${bottom}" x2="${width - left}" y2="${bottom}" stroke="#444"/>
${groups.map((group, index) => text((left + (index + 0.5) * step).toFixed(1), bottom + 16, group.label, 'text-anchor="middle"')).join('\n')}
${processors.map((processor, i) => text((left + (i * 3 + 1.5) * step).toFixed(1), bottom + 32, `-cpu ${processor}`, 'text-anchor="middle"')).join('\n')}
${servers.map((server, i) => `<rect x="${left + i * 180}" y="${bottom + 42}" width="12" height="12" fill="${colours[server]}"/>${text(left + i * 180 + 18, bottom + 52, names[server])}`).join('\n')}
</svg>
`);
