// seeds.mjs FOLDER [SPEC]: the modules that fuzzing starts with: those of the scripts of tests/spec, and of the official ones
// where the folder SPEC has them; programs of module.mjs; and what fuzzing has found before (findings.txt).
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
