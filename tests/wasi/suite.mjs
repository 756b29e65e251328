// suite.mjs SUITE [SYSTEM...]: run the WASI preview 1 programs of WebAssembly/wasi-testsuite on our systems.
//
// SUITE is a checkout of a branch with the compiled programs (tests/*/testsuite/wasm32-wasip1). SYSTEM is linux, mewz,
// share (mewz with the folder on the host) or disk (mewz with the folder on a disk); all of them by default. A program's
// .json says its arguments, environment and folder, and what has to come out; the folder is copied, so that a program may
// change it. Prints a line for each program and, where it failed, what it said.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const [suite, ...systems] = process.argv.slice(2);
const only = process.env.ONLY;
const work = mkdtempSync(join(tmpdir(), 'wasi-suite-'));

function folders() {
    return readdirSync(join(suite, 'tests')).map((language) => join(suite, 'tests', language, 'testsuite', 'wasm32-wasip1'))
        .filter(existsSync);
}

function programs() {
    return folders().flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.wasm'))
        .map((name) => ({ folder, name: basename(name, '.wasm') })))
        .filter(({ name }) => !only || name === only);
}

function run(command, args, options = {}) {
    return spawnSync(command, args, { encoding: 'utf8', timeout: 120_000, input: '', ...options });
}

function environment(config) {
    return Object.entries(config.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

const start = {
    linux(object, config, root) {
        const program = join(work, 'program');
        const linked = run('mewz-cc', ['build', object, '-o', program, '--format', 'elf', '--target', 'x86_64-linux',
            ...environment(config)]);
        if (linked.status !== 0)
            return linked;
        return run(program, config.args ?? [], { env: root ? { MEWZ_DIRS: `${root}:/` } : {} });
    },
    // The folder stays on the host.
    share(object, config, root) {
        return run('mewz-cc', ['run', object, ...environment(config), ...(root ? ['--mount', `${root}:/`] : []), '--',
            ...(config.args ?? [])]);
    },
    // The folder is a disk, which has to be consistent afterwards.
    disk(object, config, root) {
        const disk = join(work, 'disk.img');
        rmSync(disk, { force: true });
        run('truncate', ['-s', '32M', disk]);
        run('/sbin/mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', ...(root ? ['-d', root] : []), disk]);
        const result = run('mewz-cc', ['run', object, ...environment(config), '--disk', `${disk}:/`, '--',
            ...(config.args ?? [])]);
        const check = run('/sbin/e2fsck', ['-fn', disk]);
        return check.status === 0 ? result : check;
    },
    mewz(object, config, root) {
        return run('mewz-cc', ['run', object, ...environment(config), ...(root ? ['--dir', `${root}:/`] : []), '--',
            ...(config.args ?? [])]);
    },
};

// The newer form of a specification: the operations in order, of which these tests have a run, a wait, and reads.
function plain(config) {
    const result = { ...config };
    for (const operation of config.operations ?? []) {
        const { type, ...rest } = operation;
        if (type === 'run')
            Object.assign(result, rest);
        else if (type === 'wait')
            result.exit_code = rest.exit_code;
        else if (type === 'read')
            result[rest.id ?? 'stdout'] = rest.payload;
        else
            throw new Error(`unknown operation ${type}`);
    }
    return result;
}

function complaint(config, result) {
    if (result.status !== (config.exit_code ?? 0))
        return `exit code ${result.status}, not ${config.exit_code ?? 0}`;
    for (const stream of ['stdout', 'stderr'])
        if (config[stream] !== undefined && result[stream] !== config[stream])
            return `${stream} is not as it should be`;
    return undefined;
}

function test({ folder, name }, object, system) {
    const file = join(folder, `${name}.json`);
    const config = plain(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
    const root = config.root && join(work, 'root');
    if (root)
        cpSync(join(folder, config.root), root, { recursive: true });
    const result = start[system](object, config, root);
    if (root)
        rmSync(root, { recursive: true });
    const wrong = complaint(config, result);
    console.log(`${wrong ? 'not ok' : 'ok'} ${system} ${name}${wrong ? `: ${wrong}` : ''}`);
    if (wrong)
        console.log(`${result.stdout}${result.stderr}`.trimEnd().replace(/^/gm, '# '));
    return !wrong;
}

let passed = 0, failed = 0;
for (const program of programs()) {
    const object = join(work, `${program.name}.o`);
    const compiled = run('mewz-cc', ['compile', join(program.folder, `${program.name}.wasm`), '-o', object]);
    if (compiled.status !== 0)
        console.log(`# ${compiled.stderr}`);
    for (const system of systems.length ? systems : Object.keys(start))
        compiled.status === 0 && test(program, object, system) ? passed++ : failed++;
}
rmSync(work, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
