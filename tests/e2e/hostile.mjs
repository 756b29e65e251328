// hostile.mjs COUNT FOLDER MODULE.wasm...: run mewz-cc on modules that mean harm, made by rule and by mutation of the
// given ones. The same COUNT gives the same modules.
//
// Whatever the bytes are, mewz-cc ends by itself within a limit of time and 256 MiB of data, with exit code 0 and at most a
// warning, or with 1 and one line on stderr that names the file, and leaves no output behind then. FOLDER keeps the modules that fail that.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [countText, folder, ...files] = process.argv.slice(2);
const count = Number(countText);
const seeds = files.map(file => readFileSync(file));
const dataLimit = 256 << 20;
const seconds = 60;

let state = 0x9e3779b9;
function random(below) { // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
}

// --- modules by rule ---

const leb = value => {
    const bytes = [];
    for (; value >= 128; value = Math.floor(value / 128))
        bytes.push(value % 128 | 128);
    return Buffer.from([...bytes, value]);
};
const bytes = (...parts) => Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));
const section = (id, ...content) => bytes(id, leb(bytes(...content).length), ...content);
const header = bytes('\0asm', [1, 0, 0, 0]);
const oneFunc = bytes(section(1, [1, 0x60, 0, 0]), section(3, [1, 0]));
const body = (...code) => bytes(leb(bytes(...code).length), ...code);
const withCode = (...code) => bytes(header, oneFunc, section(10, 1, body(...code)));
const repeat = (times, ...unit) => Buffer.concat(Array(times).fill(bytes(...unit)));

const rules = {
    empty: bytes(),
    magicOnly: bytes('\0asm'),
    wrongVersion: bytes('\0asm', [2, 0, 0, 0]),
    text: bytes('this is not a module\n'.repeat(100)),
    elf: bytes('\x7fELF', Buffer.alloc(60)),
    zeroes: Buffer.alloc(100000),
    hugeSection: bytes(header, 1, leb(0xffffffff)),
    hugeTypeCount: bytes(header, section(1, leb(0xffffffff))),
    hugeParamCount: bytes(header, section(1, 1, 0x60, leb(0xffffffff))),
    overlongLeb: bytes(header, 1, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]),
    unknownSection: bytes(header, section(99, [1, 2, 3])),
    sectionsBackwards: bytes(header, section(3, [0]), section(1, [0])),
    codeWithoutFunctions: bytes(header, section(10, 1, body([0, 0x0b]))),
    deepBlocks: withCode(0, repeat(1e6, [0x02, 0x40]), repeat(1e6, 0x0b), 0x0b),
    deepUnclosed: withCode(0, repeat(1e6, [0x03, 0x40])),
    deepIf: withCode(0, repeat(3e5, [0x41, 0, 0x04, 0x40]), repeat(3e5, 0x0b), 0x0b),
    hugeBrTable: withCode(0, [0x41, 0, 0x0e], leb(1e6), repeat(1e6 + 1, 0), 0x0b),
    lyingBrTable: withCode(0, [0x41, 0, 0x0e], leb(0xfffffff0), 0x0b),
    manyLocals: withCode(1, leb(49999), 0x7f, 0x0b),
    tooManyLocals: withCode(1, leb(0xffffffff), 0x7f, 0x0b),
    localRuns: withCode(leb(300000), repeat(300000, [0, 0x7f]), 0x0b),
    manyTypes: bytes(header, section(1, leb(200000), repeat(200000, [0x60, 1, 0x7f, 0]))),
    typeBomb: bytes(header, section(1, leb(1000), repeat(1000, 0x60, leb(999), repeat(999, 0x7f), 0))),
    wideCalls: bytes(header, section(1, 1, 0x60, leb(1000), repeat(1000, 0x7f), 0), section(3, leb(20000), repeat(20000, 0)),
        section(10, leb(20000), repeat(20000, body([0, 0x0b])))),
    manyFunctions: bytes(header, section(1, [1, 0x60, 0, 0]), section(3, leb(100000), repeat(100000, 0)),
        section(10, leb(100000), repeat(100000, body([0, 0x0b])))),
    hugeMemory: bytes(header, section(5, 1, 0, leb(65537))),
    wholeMemory: bytes(header, section(5, 1, 0, leb(65536))),
    hugeTable: bytes(header, section(4, [1, 0x70, 0], leb(0xffffffff))),
    hugeElem: bytes(header, section(4, [1, 0x70, 0, 1]), section(9, [1, 0, 0x41, 0, 0x0b], leb(0xffffffff))),
    dataFarOut: bytes(header, section(5, [1, 0, 1]), section(11, [1, 0, 0x41, 0x7f, 0x0b, 4], 'wasm')),
    badName: bytes(header, section(0, 4, [0xff, 0xfe, 0xc0, 0x80])),
    hugeName: bytes(header, section(2, 1, leb(1e6), Buffer.alloc(1e6, 'x'), leb(1e6), Buffer.alloc(1e6, 'y'), [0, 0])),
    newlineName: bytes(header, section(1, [1, 0x60, 0, 0]), section(2, 1, [2], 'a\n', [3], 'b\x1b\n', [0, 0])),
    startOutOfRange: bytes(header, section(8, leb(12345))),
    growingStack: withCode(0, repeat(1e6, [0x41, 1]), 0x0b),
    unreachablePops: withCode(0, 0x00, repeat(1e6, 0x1a), 0x0b),
    selfCustom: bytes(header, repeat(50000, section(0, [0]))),
};

// --- modules that once cost much more than their size ---

const wide = bytes(leb(1000), repeat(1000, 0x7f));
const list = (count, make) => Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
const withFunctions = (count, make) => bytes(header, section(1, [1, 0x60, 0, 0]), section(3, leb(count), repeat(count, 0)),
    section(5, [1, 0, 1]), section(7, [1, 6], '_start', [0, 0]), section(10, leb(count), list(count, i => body(0, make(i), 0x0b))));
const withWideType = code => bytes(header, section(1, [2, 0x60, 0, 0, 0x60], wide, wide), section(3, [1, 0]),
    section(10, 1, body(0, repeat(1000, [0x41, 0]), code, repeat(1000, 0x1a), 0x0b)));
const withTag = code => bytes(header, section(1, [1, 0x60, 0, 0]), section(3, [1, 0]), section(13, [1, 0, 0]),
    section(10, 1, body(0, code, 0x0b)));
const loadAndStore = (from, to) => bytes([0x41, 0, 0x41, 0, 0x28, 2], leb(from), [0x36, 2], leb(to));

const optimised = {
    functions: withFunctions(100000, () => []),
    chain: withFunctions(1900, i => i < 1899 ? bytes(loadAndStore(0, 4), 0x10, leb(i + 1)) : []),
    longChain: withFunctions(20000, i => i < 19999 ? bytes(0x10, leb(i + 1)) : []),
    loadsAndStores: withFunctions(1, () => list(5000, i => loadAndStore(i * 4, i * 8))),
    wideIfs: withWideType(repeat(5000, [0x41, 1, 0x04, 1, 0x05, 0x0b])),
    wideLoops: withWideType(repeat(5000, [0x03, 1, 0x41, 0, 0x0d, 0, 0x0b])),
    unused: bytes(header, section(1, [2, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]), section(3, [2, 0, 1]), section(7, [1, 6], '_start', [0, 0]),
        section(10, 2, body([0, 0x0b]), body([0, 0x20, 0], repeat(80000, [0x20, 1, 0x6a]), 0x0b))),
    operations: withFunctions(1, () => bytes([0x41, 0, 0x41, 0, 0x28, 2, 0], repeat(40000, [0x41, 3, 0x6c, 0x41, 43, 0x73]), [0x36, 2, 4])),
    tries: withTag(repeat(7000, [0x02, 0x40, 0x1f, 0x40, 1, 0, 0, 0, 0x10, 0, 0x0b, 0x0b])),
    callsInTry: withTag(bytes([0x1f, 0x40, 1, 2, 0], repeat(30000, [0x10, 0]), 0x0b)),
};
const plain = {
    ifs: withCode(0, repeat(50000, [0x41, 0, 0x04, 0x40]), repeat(50000, 0x0b), 0x0b),
};

// --- debug information that once cost much more than its size, or says what is not so; compiled with -g ---

const custom = (name, ...content) => section(0, [name.length], name, ...content);
const word = value => Buffer.from([value, value >> 8, value >> 16, value >> 24]);
const sized = (...content) => bytes(word(bytes(...content).length), ...content);
const withDebug = (...sections) => bytes(withFunctions(1, () => repeat(20, [0x41, 0, 0x1a])), ...sections);
const setAddress = [0, 5, 2, 1, 0, 0, 0];
const endSequence = [0, 1, 1];
// Of version 4, with opcodes from 13 on that advance by an instruction and a line; and of version 5.
const table = (files, ...code) => sized([4, 0], sized([1, 1, 1, 0, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1], files), ...code);
const table5 = (files, ...code) =>
    sized([5, 0, 4, 0], sized([1, 1, 1, 0, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1], files), ...code);
const oneFile = bytes([0], 'a.c', [0, 0, 0, 0, 0]);
const rows = count => bytes(setAddress, repeat(count, [13]), endSequence);
const useFiles = count => bytes(setAddress, list(count, i => bytes([4], leb(i + 1), [1])), endSequence);
const unit = (...entry) => sized([4, 0], word(0), [4, 1], ...entry);
// A compile unit that has its line table's offset, four bytes, and no more.
const tableOnly = custom('.debug_abbrev', [1, 0x11, 0, 0x10, 0x17, 0, 0, 0]);
const oneUnit = bytes(tableOnly, custom('.debug_info', unit(word(0))));
const withLines = (...tables) => withDebug(oneUnit, custom('.debug_line', ...tables));

const debugged = {
    sharedTable: withDebug(custom('.debug_line', table(oneFile, rows(20000))), tableOnly,
        custom('.debug_info', repeat(20000, unit(word(0))))),
    longFolder: withLines(table(bytes(Buffer.alloc(100000, 'd'), [0, 0], repeat(50000, 'f', [0, 1, 0, 0]), [0]), useFiles(50000))),
    longFolders: withLines(table(bytes(Buffer.alloc(4000, 'd'), [0, 0], repeat(50000, 'f', [0, 1, 0, 0]), [0]), useFiles(50000))),
    emptyEntries: withLines(table5(bytes([0], leb(0xffffffff), [0], leb(0xffffffff)), rows(10))),
    flagEntries: withLines(table5(bytes([1, 1, 0x19], leb(0xffffffff), [1, 1, 0x19], leb(0xffffffff)), rows(10))),
    manyRows: withLines(table(oneFile, rows(500000))),
    manyTables: withLines(repeat(20000, table(oneFile, rows(1)))),
    longString: withDebug(oneUnit, custom('.debug_str', Buffer.alloc(500000, 's')), custom('.debug_line', table5(
        bytes([1, 1, 0x0e, 1], [0, 0, 0, 0], [1, 1, 0x0e], leb(100000), repeat(100000, word(1))), useFiles(100000)))),
    lateAbbreviation: withDebug(custom('.debug_abbrev', repeat(50000, [1, 0x11, 0, 0, 0]), [2, 0x11, 0, 0x10, 0x17, 0, 0, 0]),
        custom('.debug_info', repeat(20000, sized([4, 0], word(0), [4, 2], word(0)))), custom('.debug_line', table(oneFile, rows(10)))),
    longAbbreviation: withDebug(custom('.debug_abbrev', [1, 0x11, 0], repeat(100000, [0x3f, 0x19]), [0, 0, 0]),
        custom('.debug_info', repeat(20000, unit())), custom('.debug_line', table(oneFile, rows(10)))),
    manySections: withDebug(repeat(70000, custom('.debug_x'))),
    farLines: withLines(table(oneFile, setAddress, list(1000, () => bytes([3], leb(0x7fffffff), [2], leb(0xffffffff), [13])), endSequence)),
    hugeLength: withLines(word(-1), Buffer.alloc(8, 0xff), table(oneFile, rows(10))),
    lineRangeZero: withLines(sized([4, 0], sized([1, 1, 1, 0, 0, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1], oneFile), rows(10))),
};

// --- modules by mutation ---

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x0b, 0x40, 0x60, 0x70, 0xfc, 0xfd];
function mutate(seed) {
    let result = Buffer.from(seed);
    if (random(5) === 0)
        return result.subarray(0, random(result.length));
    for (let edits = 1 + random(6); edits > 0; edits--) {
        const at = random(result.length);
        const kind = random(5);
        if (kind === 0)
            result[at] ^= 1 << random(8);
        else if (kind === 1)
            result[at] = interesting[random(interesting.length)];
        else if (kind === 2)
            result = Buffer.concat([result.subarray(0, at), result.subarray(Math.min(result.length, at + 1 + random(8)))]);
        else if (kind === 3)
            result = Buffer.concat([result.subarray(0, at), result.subarray(at, at + random(64)), result.subarray(at)]);
        else
            result.fill(0xff, at, Math.min(result.length, at + 5));
        if (result.length === 0)
            break;
    }
    return result;
}

function* modules() {
    yield* Object.entries(rules);
    for (const [name, content] of Object.entries(optimised))
        yield [name, content, ['-O2']];
    for (const [name, content] of Object.entries(plain))
        yield [name, content, ['-O0']];
    for (const [name, content] of Object.entries(debugged))
        yield [name, content, ['-g', '-O0']];
    for (let i = 0; i < count; i++)
        yield [`mutation${i}`, mutate(seeds[random(seeds.length)])];
}

// --- running them ---

function execute(args) {
    return new Promise(resolve => {
        const child = spawn('timeout', [String(seconds), 'prlimit', `--data=${dataLimit}`, 'mewz-cc', ...args],
            { stdio: ['ignore', 'ignore', 'pipe'] });
        let stderr = '';
        child.stderr.on('data', chunk => stderr += chunk);
        child.on('close', (code, signal) => resolve({ code, signal, stderr }));
    });
}

function complaint(result, file) {
    if (result.signal !== null || result.code > 1)
        return `ended with ${result.signal ?? result.code}`;
    if (result.code === 1 && (!result.stderr.endsWith('\n') || result.stderr.trimEnd().includes('\n')))
        return 'said other than one line';
    if (result.stderr !== '' && !result.stderr.includes(file))
        return 'did not name the file';
    if (result.code === 0 && !/^(mewz-cc: warning: .*\n)?$/.test(result.stderr))
        return 'said other than one warning';
    return null;
}

async function tryModule(name, content, options) {
    const file = join(folder, `${name}.wasm`);
    const output = join(folder, `${name}.o`);
    writeFileSync(file, content);
    // Real code of some size belongs to other tests; here the compiler is for what is small.
    const runs = [['inspect', file]];
    if (options || content.length < 20000)
        runs.push(['compile', file, ...options ?? ['-O0'], '-o', output]);
    for (const args of runs) {
        const result = await execute(args);
        const wrong = complaint(result, `${name}.wasm`)
            ?? (result.code === 1 && existsSync(output) ? 'left an output behind' : null);
        if (wrong) {
            console.log(`${file}: ${args[0]} ${wrong}: ${result.stderr.slice(0, 500)}`);
            return false;
        }
    }
    rmSync(file);
    rmSync(output, { force: true });
    return true;
}

async function worker(source, tally) {
    for (const [name, content, options] of source)
        tally[await tryModule(name, content, options) ? 'passed' : 'failed']++;
}

mkdirSync(folder, { recursive: true });
const source = modules();
const tally = { passed: 0, failed: 0 };
await Promise.all([worker(source, tally), worker(source, tally)]);
console.log(`${tally.passed} modules as they should, ${tally.failed} not`);
process.exitCode = tally.failed ? 1 : 0;
