// execute.mjs OBJECT RUNTIME FOLDER [SCRIPT...]: run the assertions of the official test scripts on compiled modules.
//
// OBJECT is the program of object.c, RUNTIME the object file of runtime.c. A script becomes one executable: the objects
// of its modules, each with a prefix before its symbols, the runtime, and what is generated here, the assertions as
// data and a function for each export that is called. Modules that link with others, and those that the compiler does
// not know yet (WebAssembly 3.0), are counted and left out. The exit status is 1 where an assertion fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const [objectProgram, runtime, folder, ...chosen] = process.argv.slice(2);
const headers = new URL(".", import.meta.url).pathname;
const total = { scripts: 0, modules: 0, assertions: 0, failed: 0, linking: 0, newer: 0 };

function convert(script, into) {
  const json = join(into, basename(script, ".wast") + ".json");
  if (spawnSync("wast2json", ["--enable-all", script, "-o", json], { timeout: 60000 }).status !== 0) return null;
  return JSON.parse(readFileSync(json, "utf8")).commands;
}

// The modules of a script, each with the commands that call its exports.
function collect(commands) {
  const modules = [], names = new Map();
  let current;
  for (const command of commands) {
    if (command.type === "module" || command.type === "assert_uninstantiable") {
      const module = { file: command.filename, line: command.line, commands: [], trap: null };
      if (command.type === "module") {
        current = module;
        if (command.name) names.set(command.name, module);
      } else {
        module.trap = command.text;
      }
      modules.push(module);
    } else if (command.type === "register") {
      (command.name ? names.get(command.name) : current).isShared = true;
    } else if (command.action?.type === "invoke") {
      (command.action.module ? names.get(command.action.module) : current)?.commands.push(command);
    }
  }
  return modules.filter((m) => m.commands.length > 0 || m.trap);
}

// Whether the module needs nothing but functions of `spectest`; undefined where Node does not know such a module.
function standsAlone(file) {
  try {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(file)));
    return imports.every((i) => i.kind === "function" && i.module === "spectest");
  } catch {
    return undefined;
  }
}

const irTypes = { i32: "i32", i64: "i64", f32: "float", f64: "double", v128: "<2 x i64>", funcref: "ptr", externref: "ptr" };
const irName = (text) =>
  [...Buffer.from(text)].map((b) => "\\" + b.toString(16).padStart(2, "0")).join("");

// A function that takes its operands from one array and leaves its results in another, 16 bytes each.
function makeThunk(thunk, prefix, field, params, results) {
  const struct = results.length > 1;
  const type = results.length === 0 ? "void" : struct ? `{${results.join(", ")}}` : results[0];
  const name = `@"${irName(prefix + "spec." + field)}"`;
  const lines = [`declare ${type} ${name}(${params.join(", ")})`, `define void @${thunk}(ptr %a, ptr %r) {`];
  params.forEach((p, i) => {
    lines.push(`%p${i} = getelementptr i128, ptr %a, i64 ${i}`, `%a${i} = load ${p}, ptr %p${i}, align 8`);
  });
  const call = `call ${type} ${name}(${params.map((p, i) => `${p} %a${i}`).join(", ")})`;
  lines.push(results.length ? `%v = ${call}` : call);
  results.forEach((r, i) => {
    if (struct) lines.push(`%v${i} = extractvalue ${type} %v, ${i}`);
    lines.push(`%r${i} = getelementptr i128, ptr %r, i64 ${i}`, `store ${r} %v${struct ? i : ""}, ptr %r${i}, align 8`);
  });
  return lines.concat("ret void", "}").join("\n");
}

// A reference of the host's: any number but that of null.
const externBits = (value) => (value === "null" ? 0n : BigInt(value) + 1n);
const bitsOf = ({ type, value }) => {
  if (type === "externref") return externBits(value);
  if (type === "funcref") return 0n;
  return BigInt.asUintN(64, BigInt(value));
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
  if (type === "funcref" && value !== "null") return `{SPEC_NOT_NULL, ${offset}}`;
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

const kinds = { action: "SPEC_INVOKE", assert_return: "SPEC_RETURN", assert_trap: "SPEC_TRAP", assert_exhaustion: "SPEC_TRAP",
  assert_exception: "SPEC_TRAP" };

// The C and the IR for a module, whose symbols begin with `m${index}.`.
function generate(module, index) {
  const thunks = new Map(), rows = [], ir = [];
  for (const { type, line, action, expected = [], text = "" } of module.commands) {
    const params = action.args.map((a) => irTypes[a.type]), results = expected.map((e) => irTypes[e.type]);
    if (!kinds[type] || params.concat(results).includes(undefined) || action.field.includes("\0")) continue;
    if (!thunks.has(action.field)) {
      thunks.set(action.field, `thunk${index}_${thunks.size}`);
      ir.push(makeThunk(thunks.get(action.field), `m${index}.`, action.field, params, results));
    }
    const args = action.args.flatMap(wordsOf).map((word) => word + "u").join(", ") || "0";
    const matches = type === "assert_return" ? expected.flatMap(matchesOf) : [];
    const wanted = type === "assert_exception" ? "uncaught exception" : text;
    rows.push(`{${line}, ${kinds[type]}, ${thunks.get(action.field)}, (const uint64_t[]){${args}},
      (const struct spec_result[]){${matches.join(", ") || "{0}"}}, ${matches.length}, "${wanted}"},`);
  }
  const c = [...thunks.values()].map((thunk) => `void ${thunk}(const uint64_t *, uint64_t *);`);
  c.push(`extern const struct mewz_program program${index} __asm__("m${index}.mewz_program");`);
  c.push(`static const struct spec_command commands${index}[] = {${rows.join("\n") || "{0}"}};`);
  const trap = module.trap ? `"${module.trap}"` : "0";
  const row = `{${module.line}, &program${index}, commands${index}, ${rows.length}, ${trap}},`;
  return { c, ir, row, count: rows.length + (module.trap ? 1 : 0) };
}

// What the modules leave undefined, under their prefixes.
function linkerScript(count) {
  const contract = { mewz_memory: "0x40000000", mewz_memory_grow: "spec_memory_grow", memcpy: "spec_memmove",
    memmove: "spec_memmove", memset: "spec_memset", mewz_exception_new: "mewz_exception_new", mewz_throw: "mewz_throw" };
  for (const types of ["", "_i32", "_i64", "_f32", "_f64", "_i32_f32", "_f64_f64"])
    contract["spectest.print" + types] = "spec_print";
  const lines = ["mewz_eh_frame_start = ADDR(.eh_frame);", "mewz_eh_frame_end = ADDR(.eh_frame) + SIZEOF(.eh_frame);",
    "mewz_eh_frame_header = ADDR(.eh_frame_hdr);"];
  for (let i = 0; i < count; i++)
    for (const [name, value] of Object.entries(contract)) lines.push(`"m${i}.${name}" = ${value};`);
  return lines.join("\n");
}

function build(modules, path) {
  const parts = modules.map(generate), objects = modules.map((m) => m.object);
  writeFileSync(path + ".c", [`#include "runtime.h"`, ...parts.flatMap((p) => p.c),
    `const struct spec_module spec_modules[] = {${parts.map((p) => p.row).join("\n")}};`,
    `const int spec_module_count = ${modules.length};`].join("\n") + "\n");
  writeFileSync(path + ".ll", parts.flatMap((p) => p.ir).join("\n") + "\n");
  writeFileSync(path + ".ld", linkerScript(modules.length));
  objects.forEach((object, i) => spawnSync("llvm-objcopy-19", [`--prefix-symbols=m${i}.`, object], { timeout: 60000 }));
  total.modules += modules.length;
  total.assertions += parts.reduce((sum, p) => sum + p.count, 0);
  return spawnSync("clang-19", ["-w", "-no-pie", "-fuse-ld=lld", "-I", headers, "-I", join(headers, "../../sdk/include"),
    path + ".c", path + ".ll", path + ".ld", ...objects, runtime, "-o", path], { encoding: "utf8", timeout: 300000 });
}

function fail(script, line, text) {
  total.failed++;
  console.log(`${basename(script)}:${line}: ${text}`);
}

// The modules that compile, of those that need no others.
function compile(script, modules, into) {
  const alone = modules.filter((m) => standsAlone(join(into, m.file)) !== false && !m.isShared);
  const pairs = alone.flatMap((m) => [join(into, m.file), (m.object = join(into, m.file) + ".o")]);
  const verdicts = spawnSync(objectProgram, pairs, { encoding: "utf8", timeout: 600000, maxBuffer: 1 << 28 });
  const lines = verdicts.stdout.trimEnd().split("\n");
  total.linking += modules.length - alone.length;
  return alone.filter((module, i) => {
    if (lines[i] === "ok") return true;
    if (spawnSync("wasm-validate", [join(into, module.file)], { timeout: 60000 }).status === 1) total.newer++;
    else fail(script, module.line, `does not compile: ${lines[i] ?? verdicts.stderr.slice(0, 2000)}`);
    return false;
  });
}

function runScript(script, into) {
  const commands = convert(script, into);
  if (!commands) return;
  total.scripts++;
  const modules = compile(script, collect(commands), into), program = join(into, "program");
  if (modules.length === 0) return;
  const link = build(modules, program);
  if (link.status !== 0) return fail(script, 0, `does not link: ${link.stderr.slice(0, 1000)}`);
  const run = spawnSync(program, [], { encoding: "utf8", timeout: 60000 });
  for (const text of run.stdout.trimEnd().split("\n").filter(Boolean)) {
    const [, line, message] = text.match(/^(\d+): (.*)$/) ?? [0, 0, text];
    fail(script, line, message);
  }
  if (run.status !== 0 && run.stdout === "") fail(script, 0, `ended with ${run.status ?? run.signal}`);
}

const scripts = chosen.length ? chosen : readdirSync(folder).filter((name) => name.endsWith(".wast")).sort();
for (const name of scripts) {
  const into = mkdtempSync(join(tmpdir(), "mewz-spec-"));
  try {
    runScript(join(folder, name), into);
  } finally {
    rmSync(into, { recursive: true });
  }
}
console.log(`${total.scripts} scripts, ${total.modules} modules, ${total.assertions} assertions, ${total.failed} failures;` +
  ` left out: ${total.linking} modules that link with others, ${total.newer} newer ones`);
process.exit(total.failed ? 1 : 0);
