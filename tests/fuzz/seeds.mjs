// seeds.mjs FOLDER [SPEC]: the modules that fuzzing starts with: those of the scripts of tests/spec, and of the official ones
// where the folder SPEC has them; programs of module.mjs; and what fuzzing has found before (findings.txt). In FOLDER-debug:
// the debug information of a C program in each version of DWARF, as debug.c has it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "./module.mjs";

const [folder, spec] = process.argv.slice(2);
const here = new URL(".", import.meta.url).pathname;
const SIZE = 4096, PROGRAMS = 20; // larger ones slow fuzzing down
const add = (name, bytes) => bytes.length <= SIZE && writeFileSync(join(folder, name), bytes);

function addScripts(scripts) {
  const into = mkdtempSync(join(tmpdir(), "mewz-seeds-"));
  for (const name of readdirSync(scripts).filter((file) => file.endsWith(".wast")))
    spawnSync("wast2json", ["--enable-all", join(scripts, name), "-o", join(into, name + ".json")], { timeout: 60000 });
  for (const name of readdirSync(into).filter((file) => file.endsWith(".wasm"))) add(name, readFileSync(join(into, name)));
  rmSync(into, { recursive: true });
}

mkdirSync(folder, { recursive: true });
addScripts(join(here, "../spec"));
if (spec && existsSync(spec)) addScripts(spec);
for (let number = 0; number < PROGRAMS; number++) add(`program${number}.wasm`, generate(number));
const findings = readFileSync(join(here, "findings.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
findings.forEach((line, i) => add(`finding${i}.wasm`, Buffer.from(line.split("\t")[0].replaceAll(" ", ""), "hex")));

// What debug.c reads: the sections of a small program, with their sizes before them.
function debugSeed(version) {
  const names = ["abbrev", "info", "str", "line_str", "loc", "ranges", "addr", "loclists", "rnglists", "str_offsets", "line"]
    .map((name) => ".debug_" + name);
  const program = "struct s { struct s *next; int a[3]; } s;\nint f(int a) { for (int i = 0; i < a; i++) s.a[1] ^= a; " +
    "return a * 3; }\n#include \"g.h\"\nint _start(int a) { return f(a) + g(a); }\n";
  const into = mkdtempSync(join(tmpdir(), "mewz-seeds-")), wasm = join(into, "a.wasm");
  writeFileSync(join(into, "a.c"), program);
  writeFileSync(join(into, "g.h"), "static int g(int a)\n{\n  return a % 5;\n}\n");
  const options = ["--target=wasm32-wasi", "-nostdlib", "-O1", `-gdwarf-${version}`, "a.c", "-o", wasm];
  const result = spawnSync("clang-19", options, { cwd: into, encoding: "utf8", timeout: 60000 });
  if (result.status !== 0) throw new Error(result.stderr);
  const module = new WebAssembly.Module(readFileSync(wasm));
  const contents = names.map((name) => Buffer.from(WebAssembly.Module.customSections(module, name)[0] ?? []));
  rmSync(into, { recursive: true });
  return Buffer.concat([...contents.slice(0, -1).map(({ length }) => Buffer.from([length, length >> 8])), ...contents]);
}

mkdirSync(folder + "-debug", { recursive: true });
for (const version of [2, 3, 4, 5]) writeFileSync(join(folder + "-debug", `dwarf${version}`), debugSeed(version));
