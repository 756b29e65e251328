// execute.mjs BUILD FOLDER [SCRIPT...]: run the assertions of test scripts on compiled modules.
//
// BUILD is the folder of what `make` builds for it: `link`, the program of link.c; `runtime.o`, of runtime.c; and
// `wasm-tools`, where it could be fetched. A script becomes one executable: the objects of its instances, bound to each
// other as the script says, the runtime, and what is generated here, the commands as data and a function for each export
// that is called. Only what needs garbage collection is left out, and counted. The exit status is 1 where an assertion
// fails, or anything else does.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { convert, needsCollector, parseText } from "./wast.mjs";

const [build, folder, ...chosen] = process.argv.slice(2);
const headers = new URL(".", import.meta.url).pathname;
const tools = existsSync(join(build, "wasm-tools")) ? join(build, "wasm-tools") : undefined;
const total = { scripts: 0, instances: 0, assertions: 0, failed: 0, unconverted: 0, collected: 0 };
const hex = (text) => Buffer.from(text).toString("hex");

async function run(program, args, options = {}) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { timeout: 600000, maxBuffer: 1 << 28, ...options });
    return { status: 0, stdout, stderr };
  } catch (error) {
    return { status: error.code ?? error.signal, stdout: error.stdout ?? "", stderr: error.stderr || String(error) };
  }
}

// --- what a script says: instances, and steps in order ---

class Plan {
  constructor(into) {
    Object.assign(this, { into, instances: [], lines: [], steps: [], names: new Map(), definitions: new Map() });
    this.add({ filename: "spectest.wasm" }, "spectest");
    this.lines.push(`register\t${hex("spectest")}\tspectest`);
  }

  add(command, id = `m${this.instances.length}`) {
    const file = join(this.into, command.filename);
    const instance = { id, object: join(this.into, id + ".o"), exports: new Map(), line: command.line ?? 0 };
    this.instances.push(instance);
    this.lines.push(["module", id, file, instance.object].join("\t"));
    if (command.name) this.names.set(command.name, instance);
    return instance;
  }

  instantiate(command) {
    this.current = this.add(command);
    this.steps.push({ kind: "instantiate", line: command.line, instance: this.current });
  }

  named(name) {
    return name ? this.names.get(name) : this.current;
  }

  read(command) {
    const { type, line, text } = command;
    if (type === "module") this.instantiate(command);
    else if (type === "definition") this.definitions.set(command.name, this.latest = command);
    else if (type === "instance")
      this.instantiate({ ...(command.definition ? this.definitions.get(command.definition) : this.latest), line, name: command.name });
    else if (type === "register")
      this.lines.push(`register\t${hex(command.as)}\t${this.named(command.name).id}`);
    else if (type === "assert_uninstantiable" || type === "assert_unlinkable")
      this.steps.push({ kind: type, line, text, instance: this.add({ ...command, name: undefined }) });
    else if (command.action) this.call(command);
  }

  call(command) {
    const instance = this.named(command.action.module);
    if (command.action.type === "get") this.lines.push(`read\t${instance.id}`);
    this.steps.push({ kind: command.type, ...command, instance });
  }
}

// Runs the program of link.c, and keeps what it answers with the instances.
async function link(plan) {
  const path = join(plan.into, "plan"), byId = new Map(plan.instances.map((i) => [i.id, i]));
  writeFileSync(path, plan.lines.join("\n"));
  const { status, stdout, stderr } = await run(join(build, "link"), [path]);
  for (const line of stdout.split("\n").filter(Boolean)) {
    const [verdict, id, ...rest] = line.split("\t"), instance = byId.get(id);
    if (verdict === "export") instance.exports.set(rest[0].slice(1), { type: rest[1], symbol: rest[2] });
    else Object.assign(instance, { state: verdict, text: rest[0] });
  }
  return status === 0 ? null : `link: ${status} ${stderr.slice(0, 2000)}`;
}

// --- values as data ---

const irTypes = { i32: "i32", i64: "i64", f32: "float", f64: "double", v128: "<2 x i64>" };
const irType = (type) => irTypes[type] ?? "ptr";
const irName = (text) => `@"${[...Buffer.from(text)].map((b) => "\\" + b.toString(16).padStart(2, "0")).join("")}"`;
const irList = (text) => text.split(/,(?![^(]*\))/).filter(Boolean).map(irType);

// A function that takes its operands from one array and leaves its results in another, 16 bytes each.
function makeThunk(thunk, { type, symbol }) {
  const [params, results] = type.split("->").map(irList), isStruct = results.length > 1;
  const result = results.length === 0 ? "void" : isStruct ? `{${results.join(", ")}}` : results[0];
  const lines = [`declare ${result} ${irName(symbol)}(${params.join(", ")})`, `define void @${thunk}(ptr %a, ptr %r) {`];
  params.forEach((p, i) => {
    lines.push(`%p${i} = getelementptr i128, ptr %a, i64 ${i}`, `%a${i} = load ${p}, ptr %p${i}, align 8`);
  });
  const call = `call ${result} ${irName(symbol)}(${params.map((p, i) => `${p} %a${i}`).join(", ")})`;
  lines.push(results.length ? `%v = ${call}` : call);
  results.forEach((r, i) => {
    if (isStruct) lines.push(`%v${i} = extractvalue ${result} %v, ${i}`);
    lines.push(`%r${i} = getelementptr i128, ptr %r, i64 ${i}`, `store ${r} %v${isStruct ? i : ""}, ptr %r${i}, align 8`);
  });
  return lines.concat("ret void", "}").join("\n");
}

function makeGetter(thunk, { type, symbol }) {
  return [`${irName(symbol)} = external global ${irType(type)}`, `define void @${thunk}(ptr %a, ptr %r) {`,
    `%v = load ${irType(type)}, ptr ${irName(symbol)}`, `store ${irType(type)} %v, ptr %r, align 8`, "ret void", "}"].join("\n");
}

// A reference of the host's: any number but that of null.
const bitsOf = ({ type, value }) => {
  if (value === "null" || type === "funcref") return 0n;
  return type === "externref" ? BigInt(value) + 1n : BigInt.asUintN(64, BigInt(value));
};
const laneBits = (type) => Number(type.slice(1));

// A value as two words of 64 bits.
function wordsOf(value) {
  const width = BigInt(value.type === "v128" ? laneBits(value.lane_type) : 128);
  const lanes = value.type === "v128" ? value.value.map(BigInt) : [bitsOf(value)];
  const bits = lanes.reduce((all, lane, i) => all | (BigInt.asUintN(Number(width), lane) << (BigInt(i) * width)), 0n);
  return [BigInt.asUintN(64, bits), bits >> 64n];
}

function matchOf(expected, offset) {
  const { type, value } = expected;
  if (value === "nan:canonical") return `{SPEC_CANONICAL_${laneBits(type)}, ${offset}}`;
  if (value === "nan:arithmetic") return `{SPEC_ARITHMETIC_${laneBits(type)}, ${offset}}`;
  if (value === undefined || (type === "funcref" && value !== "null")) return `{SPEC_NOT_NULL, ${offset}}`;
  return `{SPEC_BITS_${type === "f32" ? 32 : 64}, ${offset}, ${bitsOf(expected)}u}`;
}

// Floats lane by lane, for their NaNs.
function matchesOf(expected, index) {
  const type = expected.lane_type ?? expected.type;
  if (expected.type !== "v128") return [matchOf(expected, index * 16)];
  if (type.startsWith("f"))
    return expected.value.map((value, i) => matchOf({ type, value }, index * 16 + (i * laneBits(type)) / 8));
  return wordsOf(expected).map((word, i) => `{SPEC_BITS_64, ${index * 16 + i * 8}, ${word}u}`);
}

// Every list of results that is allowed, where `either` leaves a choice.
const alternatives = (expected) => expected.reduce(
  (lists, value) => lists.flatMap((list) => (value.values ?? [value]).map((one) => [...list, one])), [[]]);

function outcomesOf(expected) {
  const lists = alternatives(expected).map((list) => list.flatMap(matchesOf));
  return lists.map((list) => `{(const struct spec_result[]){${list.join(", ") || "{0}"}}, ${list.length}}`);
}

// --- the executable ---

const cText = (text) => (text === undefined ? "0" : JSON.stringify(text));
const kinds = { action: "SPEC_INVOKE", assert_return: "SPEC_RETURN", assert_trap: "SPEC_TRAP", assert_exhaustion: "SPEC_TRAP",
  assert_exception: "SPEC_TRAP" };

class Code {
  constructor() {
    Object.assign(this, { c: [`#include "runtime.h"`], ir: [], thunks: new Map(), groups: new Map() });
  }

  instance({ id, text: group }) {
    if (!this.groups.has(group)) this.groups.set(group, { programs: [], commands: [] });
    this.groups.get(group).programs.push(`&program_${id}`);
    this.c.push(`extern const struct mewz_program program_${id} __asm__("${id}.program");`);
  }

  thunk(entry, isGlobal) {
    if (!this.thunks.has(entry.symbol)) {
      const name = `thunk${this.thunks.size}`;
      this.thunks.set(entry.symbol, name);
      this.ir.push(isGlobal ? makeGetter(name, entry) : makeThunk(name, entry));
      this.c.push(`void ${name}(const uint64_t *, uint64_t *);`);
    }
    return this.thunks.get(entry.symbol);
  }

  add({ text: group }, command) {
    this.groups.get(group).commands.push(command);
    total.assertions++;
  }

  instantiate({ line, text, instance }) {
    this.add(instance, `{.line = ${line}, .kind = SPEC_INSTANTIATE, .program = &program_${instance.id}, .text = ${cText(text)}},`);
  }

  call({ kind, line, action, expected = [], text, instance }) {
    const thunk = this.thunk(instance.exports.get(hex(action.field)), action.type === "get");
    const args = (action.args ?? []).flatMap(wordsOf).map((word) => word + "u").join(", ") || "0";
    const outcomes = kind === "assert_return" ? outcomesOf(expected) : [];
    const wanted = kind === "assert_exception" ? "uncaught exception" : kinds[kind] === "SPEC_TRAP" ? text : undefined;
    this.add(instance, `{.line = ${line}, .kind = ${kinds[kind]}, .call = ${thunk}, .args = (const uint64_t[]){${args}},
      .outcomes = (const struct spec_outcome[]){${outcomes.join(", ") || "{0}"}}, .outcome_count = ${outcomes.length},
      .text = ${cText(wanted)}},`);
  }

  finish() {
    const rows = [...this.groups.values()].map(({ programs, commands }, i) => {
      this.c.push(`static const struct mewz_program *const programs${i}[] = {${programs.join(", ")}};`,
        `static const struct spec_command commands${i}[] = {${commands.join("\n") || "{0}"}};`);
      return `{programs${i}, ${programs.length}, commands${i}, ${commands.length}},`;
    });
    this.c.push(`const struct spec_group spec_groups[] = {${rows.join("\n")}};`, `const int spec_group_count = ${rows.length};`);
  }
}

// What the objects leave undefined beyond the runtime, and what that asks of a linker script.
const linkerScript = `mewz_memory = 0x40000000;
mewz_eh_frame_start = ADDR(.eh_frame);
mewz_eh_frame_end = ADDR(.eh_frame) + SIZEOF(.eh_frame);
mewz_eh_frame_header = ADDR(.eh_frame_hdr);
`;

async function compile(code, instances, path) {
  code.finish();
  writeFileSync(path + ".c", code.c.join("\n") + "\n");
  writeFileSync(path + ".ll", code.ir.join("\n") + "\n");
  writeFileSync(path + ".ld", linkerScript);
  const { status, stderr } = await run("clang-19", ["-w", "-no-pie", "-fuse-ld=lld", "-I", headers, "-I", join(headers, "../../sdk/include"),
    path + ".c", path + ".ll", path + ".ld", ...instances.map((i) => i.object), join(build, "runtime.o"), "-o", path]);
  return status === 0 ? null : stderr;
}

// --- a script ---

class Run {
  constructor(script) {
    this.script = script;
    this.messages = [];
    this.needsCollector = false;
  }

  fail(line, text) {
    total.failed++;
    this.messages.push(`${basename(this.script)}:${line}: ${text}`);
  }

  // An instance that is not there; without garbage collection, neither are those that import from it.
  miss(step) {
    const { instance, line } = step;
    if (instance.state === "error" && !this.isOlder && needsCollector.test(instance.text)) this.needsCollector = true;
    if (this.needsCollector) total.collected++;
    else if (!instance.isReported) this.fail(line, `${instance.state}: ${instance.text}`);
    instance.isReported = true;
  }

  step(step, code) {
    const { kind, line, text, instance } = step;
    if (kind === "assert_unlinkable" && instance.state === "unlinkable") {
      total.assertions++;
      if (instance.text.includes(text)) return;
      if (this.needsCollector) total.collected++;
      else this.fail(line, `expected "${text}", got "${instance.text}"`);
    } else if (instance.state !== "ok" || step.expected?.some((e) => e.type === "collected")) this.miss(step);
    else if (kind in kinds) code.call(step);
    else code.instantiate(step);
  }

  async instances(plan) {
    const code = new Code(), instances = plan.instances.filter((i) => i.state === "ok"), program = join(plan.into, "program");
    instances.forEach((i) => code.instance(i));
    plan.steps.forEach((step) => this.step(step, code));
    total.instances += instances.length - 1;
    const problem = await compile(code, instances, program);
    if (problem) return this.fail(0, `does not link: ${problem.slice(0, 1000)}`);
    const { status, stdout, stderr } = await run(program, [], { timeout: 60000 });
    for (const text of stdout.split("\n").filter(Boolean)) {
      const [, line, message] = text.match(/^(\d+): (.*)$/) ?? [0, 0, text];
      this.fail(line, message);
    }
    if (status !== 0 && stdout === "") this.fail(0, `ended with ${status}: ${stderr.slice(0, 200)}`);
  }

  async everything(into) {
    const script = await convert(this.script, into, tools);
    if (!script) return total.unconverted++;
    this.isOlder = script.isOlder;
    total.scripts++;
    writeFileSync(join(into, "spectest.wasm"), spectest);
    const plan = new Plan(into);
    script.commands.forEach((command) => plan.read(command));
    const problem = await link(plan);
    if (problem) this.fail(0, problem);
    else await this.instances(plan);
  }
}

async function runScript(script) {
  const into = mkdtempSync(join(tmpdir(), "mewz-spec-")), self = new Run(script);
  try {
    await self.everything(into);
  } catch (error) {
    self.fail(0, error.stack);
  } finally {
    rmSync(into, { recursive: true });
  }
  self.messages.forEach((message) => console.log(message));
}

const spectest = await parseText(readFileSync(join(headers, "spectest.wat"), "utf8"), tools);
const scripts = chosen.length ? chosen : readdirSync(folder).filter((name) => name.endsWith(".wast")).sort();
const worker = async () => {
  for (let name = scripts.shift(); name; name = scripts.shift()) await runScript(join(folder, name));
};
await Promise.all(Array.from({ length: availableParallelism() }, worker));
console.log(`${total.scripts} scripts, ${total.instances} instances, ${total.assertions} assertions, ${total.failed} failures; ` +
  `left out: ${total.unconverted} scripts that nothing here converts, ${total.collected} commands that need garbage collection`);
process.exit(total.failed || total.scripts === 0 ? 1 : 0);
