// v8.mjs APP.wasm [ARG...]: run a WASI program on Node's V8. The program's time in nanoseconds goes to the file that $TIME
// names: that of this thread on a processor from the program's first instruction to its last. Node's own start, the
// first compilation and the optimising one, which happen before or on other threads, do not count.
// Node 20 needs --no-turbo-fast-api-calls: its fast calls of WASI overwrite what is not theirs.
import { readFileSync, writeFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: ['app', ...args], env: {}, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
const now = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);
const begin = now();
process.exitCode = wasi.start(instance);
writeFileSync(process.env.TIME, `${now() - begin}\n`);
