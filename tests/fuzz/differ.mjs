// differ.mjs MEWZ_CC FOLDER FIRST COUNT [SECONDS]: compile the programs of module.mjs for the numbers from FIRST on, and
// compare what they write, and how they end, with what they do in Node. Stops after SECONDS, whatever COUNT is. FOLDER
// keeps the programs that differ. The exit status is 1 where any did.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { generate } from "./module.mjs";

const [compiler, folder, first, count, seconds = "1e9"] = process.argv.slice(2);
const levels = ["-O2", "-O2", "-O0", "-O1", "-O3"]; // by turns
const cpus = ["x86-64-v2", "x86-64-v2", "x86-64-v1", "x86-64-v3"];
const total = { programs: 0, trapped: 0, later: 0, bytes: 0, differ: 0 };
const TRAPPED = 134;

// A load that traps may give way to a check behind it that traps too (docs/semantics.md).
const OUT_OF_BOUNDS = "out of bounds memory access";

// V8's words for what the specification calls a trap.
const traps = [[/unreachable/, "unreachable"], [/memory access out of bounds/, "out of bounds memory access"],
  [/divide by zero|remainder by zero/, "integer divide by zero"], [/divide result unrepresentable/, "integer overflow"],
  [/float unrepresentable/, "invalid conversion|integer overflow"], [/table index is out of bounds/, "undefined element"],
  [/null function or function signature mismatch/, "indirect call type mismatch|uninitialized element"]];

function runInNode(bytes) {
  const written = [];
  const fd_write = (fd, vectors, n, result) => {
    const view = new DataView(instance.exports.memory.buffer);
    const at = view.getUint32(vectors, true), size = view.getUint32(vectors + 4, true);
    written.push(Buffer.from(instance.exports.memory.buffer.slice(at, at + size)));
    view.setUint32(result, size, true);
    return 0;
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { wasi_snapshot_preview1: { fd_write } });
  try {
    instance.exports._start();
    return { output: Buffer.concat(written) };
  } catch (error) {
    const trap = traps.find(([pattern]) => pattern.test(error.message));
    if (!trap) throw error;
    return { output: Buffer.concat(written), trap: trap[1] };
  }
}

async function run(program, args) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { encoding: "buffer", timeout: 120000, maxBuffer: 1 << 28 });
    return { status: 0, stdout, stderr: stderr.toString() };
  } catch (error) {
    return { status: error.code ?? error.signal, stdout: error.stdout ?? Buffer.alloc(0), stderr: String(error.stderr || error) };
  }
}

function difference(wanted, got) {
  if (got.status !== (wanted.trap ? TRAPPED : 0)) return `ended with ${got.status}: ${got.stderr.slice(0, 300)}`;
  if (wanted.trap === OUT_OF_BOUNDS && !got.stderr.includes(OUT_OF_BOUNDS) && /: trap: /.test(got.stderr)) total.later++;
  else if (wanted.trap && !new RegExp(wanted.trap).test(got.stderr)) return `expected ${wanted.trap}, got ${got.stderr.slice(0, 300)}`;
  const at = wanted.output.findIndex((byte, i) => byte !== got.stdout[i]);
  return at >= 0 || got.stdout.length !== wanted.output.length ? `output differs at byte ${at} of ${wanted.output.length}` : null;
}

async function check(number, into) {
  const bytes = generate(number), wasm = join(into, `${number}.wasm`), program = join(into, `${number}`);
  const options = [levels[number % levels.length], "--cpu", cpus[number % cpus.length]];
  writeFileSync(wasm, bytes);
  const built = await run(compiler, ["build", wasm, "-o", program, "--target", "x86_64-linux", ...options]);
  const wanted = built.status === 0 && runInNode(bytes);
  const problem = built.status !== 0 ? built.stderr : difference(wanted, await run(program, []));
  total.programs++;
  total.trapped += wanted?.trap ? 1 : 0;
  total.bytes += wanted?.output?.length ?? 0;
  if (problem) {
    total.differ++;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${number}.wasm`), bytes);
    console.log(`${number}: ${options.join(" ")}: ${problem.trim()}`);
  }
  rmSync(wasm);
  rmSync(program, { force: true });
}

const into = mkdtempSync(join(tmpdir(), "mewz-differ-")), end = performance.now() + Number(seconds) * 1000;
let next = Number(first);
const worker = async () => {
  while (next < Number(first) + Number(count) && performance.now() < end) await check(next++, into);
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));
rmSync(into, { recursive: true });
console.log(`${total.programs} programs, of which ${total.trapped} trap (${total.later} at a later instruction), ${total.bytes} bytes compared, ${total.differ} differ`);
process.exit(total.differ || total.programs === 0 ? 1 : 0);
