// validate.mjs BUILD FOLDER [-v]: what the official test scripts in FOLDER say of modules, beside what `verdict` says, the
// program of verdict.c in the folder BUILD.
//
// Scripts are converted as wast.mjs says. Refused must be the
// modules of assert_invalid and assert_malformed (binary form); accepted all others, those of assert_unlinkable and
// assert_uninstantiable included, since these fail later. The scripts of the threads proposal, in a folder of their
// own, are from before there could be several tables and memories. The exit status is 1 where anything differs. The
// reference's wording of a refusal is counted, and -v shows where ours does not contain it. Modules that need garbage
// collection are counted too.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { convert, needsCollector } from "./wast.mjs";

const [build, folder, flag] = process.argv.slice(2);
const refusals = ["assert_invalid", "assert_malformed"];
const acceptances = ["module", "definition", "assert_unlinkable", "assert_uninstantiable"];
const outdated = ["multiple tables", "multiple memories"];
const tools = existsSync(join(build, "wasm-tools")) ? join(build, "wasm-tools") : undefined;
const total = { scripts: 0, unconverted: 0, modules: 0, differ: 0, refused: 0, worded: 0, collected: 0 };
let isOlder;

// The commands of a script that name a binary module, which lies in `into` then.
async function read(script, into) {
  const found = await convert(script, into, tools);
  if (!found) return total.unconverted++, [];
  total.scripts++;
  isOlder = found.isOlder;
  return found.commands.filter((c) => [...refusals, ...acceptances].includes(c.type) && c.filename?.endsWith(".wasm"));
}

function ask(files) {
  if (files.length === 0) return [];
  const options = { encoding: "utf8", timeout: 120000, maxBuffer: 1 << 28 };
  return execFileSync(join(build, "verdict"), files, options).trimEnd().split("\n");
}

function checkRefusal(command, verdict) {
  total.refused++;
  if (verdict.includes(command.text)) total.worded++;
  else if (flag === "-v") console.log(`wording: "${command.text}", but: ${verdict}`);
  return !verdict.startsWith("valid");
}

function isAsExpected(command, verdict) {
  if (!refusals.includes(command.type)) return verdict.startsWith("valid");
  return checkRefusal(command, verdict) || outdated.includes(command.text);
}

async function checkScript(script, into) {
  const commands = await read(script, into);
  const files = commands.map((c) => join(into, c.filename));
  ask(files).forEach((verdict, i) => {
    const command = commands[i];
    total.modules++;
    if (isAsExpected(command, verdict)) return;
    if (!isOlder && needsCollector.test(verdict)) return total.collected++;
    total.differ++;
    console.log(`${basename(script)}:${command.line}: ${command.type} "${command.text ?? ""}", but: ${verdict}`);
  });
}

const into = mkdtempSync(join(tmpdir(), "mewz-spec-"));
try {
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    if (name.endsWith(".wast")) await checkScript(join(folder, name), into);
  }
} finally {
  rmSync(into, { recursive: true });
}
console.log(
  `${total.scripts} scripts, ${total.modules} modules, ${total.differ} differ; ` +
    `${total.worded} of ${total.refused} refusals have the reference's wording; ` +
    `left out: ${total.unconverted} scripts that nothing here converts, ${total.collected} modules that need garbage collection`,
);
process.exit(total.differ || !total.modules ? 1 : 0);
