// wasi-node.mjs APP.wasm [ARG...]: run a WASI program on Node, the oracle that the tests compare with.
//
// The environment is empty, as it is for a program of ours that was built without --env. A trap ends with 134, which
// is what our systems do. WASI_ROOT is the folder that it has as /, if any.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { WASI } from 'node:wasi';

const [file, ...args] = process.argv.slice(2);
const preopens = process.env.WASI_ROOT ? { '/': process.env.WASI_ROOT } : {};
const wasi = new WASI({ version: 'preview1', args: [basename(file), ...args], env: {}, preopens, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(file));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
try {
    process.exitCode = wasi.start(instance);
} catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError))
        throw error;
    console.error(`${file}: trap: ${error.message}`);
    process.exitCode = 134;
}
