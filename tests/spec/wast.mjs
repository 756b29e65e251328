// wast.mjs: the official test scripts (*.wast) as lists of commands, in the form that wast2json gives them.
//
// Debian's wast2json converts most scripts. It does not know all of the text format of WebAssembly 3.0; what it refuses
// is read here, down to the modules, which the parser of wasm-tools turns into their binary form (from npm; see
// scripts/sources.list).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

// --- s-expressions: a list is an array with its place in the text, an atom a string, a string {bytes} ---

const space = /(?:\s|;;[^\n]*)+/y;
const atom = /[^\s()";]+/y;
const escapes = { t: 9, n: 10, r: 13, '"': 34, "'": 39, "\\": 92 };

function skipComments(text, at) {
  for (;;) {
    const before = at;
    space.lastIndex = at;
    if (space.test(text)) at = space.lastIndex;
    if (text.startsWith("(;", at)) at = skipComment(text, at);
    if (at === before) return at;
  }
}

function skipSpace(text, at) {
  for (at = skipComments(text, at); text.startsWith("(@", at); at = skipComments(text, at)) at = skipAnnotation(text, at);
  return at;
}

// Comments in brackets nest.
function skipComment(text, at) {
  let depth = 0;
  do {
    if (text.startsWith("(;", at)) depth++, (at += 2);
    else if (text.startsWith(";)", at)) depth--, (at += 2);
    else at++;
  } while (depth > 0 && at < text.length);
  return at;
}

// An annotation may have anything in it, but its brackets match.
function skipAnnotation(text, at) {
  let depth = 0;
  do {
    at = skipComments(text, at);
    if (text[at] === '"') at = readString(text, at)[1];
    else depth += { "(": 1, ")": -1 }[text[at++]] ?? 0;
  } while (depth > 0 && at < text.length);
  return at;
}

function readString(text, at) {
  const bytes = [];
  for (at++; text[at] !== '"'; at++) {
    if (text[at] !== "\\") {
      const point = String.fromCodePoint(text.codePointAt(at));
      bytes.push(...Buffer.from(point));
      at += point.length - 1;
    } else if (text[++at] === "u") {
      const end = text.indexOf("}", at);
      bytes.push(...Buffer.from(String.fromCodePoint(parseInt(text.slice(at + 2, end), 16))));
      at = end;
    } else if (text[at] in escapes) {
      bytes.push(escapes[text[at]]);
    } else {
      bytes.push(parseInt(text.slice(at, at + 2), 16));
      at++;
    }
  }
  return [{ bytes: Buffer.from(bytes) }, at + 1];
}

function readItem(text, at) {
  if (text[at] === '"') return readString(text, at);
  if (text[at] !== "(") {
    atom.lastIndex = at;
    if (!atom.test(text)) throw new Error(`unexpected ${text[at]} at ${at}`);
    return [text.slice(at, atom.lastIndex), atom.lastIndex];
  }
  const list = [], start = at;
  at = skipSpace(text, at + 1);
  while (text[at] !== ")") {
    let item;
    [item, at] = readItem(text, at);
    list.push(item);
    at = skipSpace(text, at);
  }
  return [Object.assign(list, { start, end: at + 1 }), at + 1];
}

function readAll(text) {
  const items = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    let item;
    [item, at] = readItem(text, at);
    items.push(item);
  }
  return items;
}

// --- values ---

const integer = (text, bits) => BigInt.asUintN(bits, parseInteger(text.replaceAll("_", ""))).toString();
const parseInteger = (text) => (text[0] === "-" ? -BigInt(text.slice(1)) : BigInt(text.replace("+", "")));

// Hexadecimal floats that a double holds, which is all that scripts have here.
function parseHexFloat(text) {
  const [, whole, fraction = "", exponent = "0"] = text.match(/^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([-+]?\d+))?$/i);
  return Number(BigInt("0x" + whole + fraction)) * 2 ** (Number(exponent) - 4 * fraction.length);
}

function floatBits(text, bits) {
  const digits = text.replaceAll("_", ""), negative = digits[0] === "-", magnitude = digits.replace(/^[-+]/, "");
  const view = new DataView(new ArrayBuffer(8)), sign = negative ? 1n << BigInt(bits - 1) : 0n;
  const read = () => (bits === 32 ? BigInt(view.getUint32(0)) : view.getBigUint64(0));
  if (magnitude.startsWith("nan")) {
    const quiet = bits === 32 ? 1n << 22n : 1n << 51n, exponent = bits === 32 ? 0xffn << 23n : 0x7ffn << 52n;
    return sign | exponent | (magnitude.startsWith("nan:0x") ? BigInt(magnitude.slice(4)) : quiet);
  }
  const value = magnitude === "inf" ? Infinity : /^0x/i.test(magnitude) ? parseHexFloat(magnitude) : Number(magnitude);
  if (bits === 32) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return sign | read();
}

const float = (text, bits) => (/^nan:[ac]/.test(text) ? text : floatBits(text, bits).toString());
const lanes = { i8x16: 8, i16x8: 16, i32x4: 32, i64x2: 64, f32x4: 32, f64x2: 64 };

function vector([, shape, ...values]) {
  const bits = lanes[shape], isFloat = shape[0] === "f";
  return { type: "v128", lane_type: shape[0] + bits, value: values.map((v) => (isFloat ? float(v, bits) : integer(v, bits))) };
}

// A constant or what a result may be; references without a value match any that is not null.
function readValue(list) {
  const [op, operand] = list;
  switch (op) {
    case "i32.const": return { type: "i32", value: integer(operand, 32) };
    case "i64.const": return { type: "i64", value: integer(operand, 64) };
    case "f32.const": return { type: "f32", value: float(operand, 32) };
    case "f64.const": return { type: "f64", value: float(operand, 64) };
    case "v128.const": return vector(list);
    case "ref.extern": return { type: "externref", value: operand };
    case "ref.func": return { type: "funcref", value: operand };
    case "ref.null": return { type: /extern/.test(operand ?? "") ? "externref" : "funcref", value: "null" };
    case "ref.array": case "ref.struct": case "ref.i31": case "ref.eq": case "ref.any": case "ref.host":
      return { type: "collected" }; // of garbage collection, which there is not
    case "either": return { type: "either", values: list.slice(1).map(readValue) };
    default: throw new Error(`unknown value ${op}`);
  }
}

const isName = (item) => typeof item === "string" && item[0] === "$";
const textOf = (string) => string.bytes.toString();

function readAction(list) {
  const rest = list.slice(1), module = isName(rest[0]) ? rest.shift() : undefined, field = textOf(rest.shift());
  return { type: list[0], module, field, args: list[0] === "invoke" ? rest.map(readValue) : [] };
}

// --- commands ---

class Script {
  constructor(path, into, parse) {
    this.text = readFileSync(path, "utf8");
    Object.assign(this, { into, parse, name: basename(path, ".wast"), count: 0, commands: [] });
  }

  lineOf(list) {
    return this.text.slice(0, list.start).split("\n").length;
  }

  // The module in a file; null for one in quotes, whose text form is what is tested.
  write(list) {
    const parts = list.filter((item) => item !== "definition");
    if (parts[1] === "quote" || parts[2] === "quote") return null;
    const file = `${this.name}.${this.count++}.wasm`;
    const source = this.text.slice(list.start, list.end).replace(/^\(module(\s+)definition/, "(module$1");
    writeFileSync(join(this.into, file), this.parse(list[0] === "module" ? source : `(module ${source})`));
    return file;
  }

  module(list) {
    const name = list.slice(1).find(isName);
    if (list[1] === "definition") return { type: "definition", name, filename: this.write(list) };
    if (list[1] === "instance") return { type: "instance", name, definition: list.filter(isName)[1] };
    if (list[1] === "quote" || list[2] === "quote") return this.quoted(list, name);
    return { type: "module", name: list[1] === "binary" || isName(list[1]) ? name : undefined, filename: this.write(list) };
  }

  // A valid module in quotes is its text.
  quoted(list, name) {
    const file = `${this.name}.${this.count++}.wasm`;
    const source = list.filter((item) => item.bytes).map(textOf).join(" ");
    writeFileSync(join(this.into, file), this.parse(`(module ${source})`));
    return { type: "module", name, filename: file };
  }

  // wasm-tools checks some of what an invalid module breaks when it parses the text.
  refused(list) {
    const isBinary = list[1].includes("binary");
    try {
      return { filename: this.write(list[1]), text: textOf(list[2]), module_type: isBinary ? "binary" : "text" };
    } catch (error) {
      if (!error.payload && !/Wast|expected|unknown/.test(String(error))) throw error;
      return { filename: null, text: textOf(list[2]) };
    }
  }

  command(list) {
    const [type, ...rest] = list;
    switch (type) {
      case "module":
        return this.module(list);
      case "register":
        return { type, as: textOf(rest[0]), name: rest[1] };
      case "invoke":
      case "get":
        return { type: "action", action: readAction(list), expected: [] };
      case "assert_return":
        return { type, action: readAction(rest[0]), expected: rest.slice(1).map(readValue) };
      case "assert_exception":
        return { type, action: readAction(rest[0]), expected: [] };
      case "assert_trap":
        if (rest[0][0] === "module") return { type: "assert_uninstantiable", filename: this.write(rest[0]), text: textOf(rest[1]) };
        return { type, action: readAction(rest[0]), expected: [], text: textOf(rest[1]) };
      case "assert_exhaustion":
        return { type, action: readAction(rest[0]), expected: [], text: textOf(rest[1]) };
      case "assert_unlinkable":
        return { type, filename: this.write(rest[0]), text: textOf(rest[1]) };
      case "assert_invalid":
      case "assert_malformed":
        return { type, ...this.refused(list) };
      default:
        throw new Error(`unknown command ${type}`);
    }
  }

  read() {
    for (const list of readAll(this.text)) {
      const isInline = list[0] !== "module" && !this.isCommand(list[0]);
      if (isInline) return [{ type: "module", line: 1, filename: this.writeInline() }];
      this.commands.push({ line: this.lineOf(list), ...this.command(list) });
    }
    return this.commands;
  }

  isCommand(word) {
    return /^(module|register|invoke|get|assert_\w+)$/.test(word);
  }

  // A script may be the fields of a single module.
  writeInline() {
    const file = `${this.name}.0.wasm`;
    writeFileSync(join(this.into, file), this.parse(`(module ${this.text})`));
    return file;
  }
}

async function loadParser(folder) {
  const { $init, tools } = await import(pathToFileURL(join(folder, "vendor/wasm-tools.js")));
  await $init;
  return tools.parse;
}

let parser;

// How the decoder refuses what garbage collection brings: types and instructions that it does not know.
export const needsCollector = /malformed (type|value type|heap type|reference type) 0x|malformed heap type|unknown opcode 0xfb/;

// The binary form of a module in text form. Without wasm-tools, lines that say that they need a newer parser are left out.
export async function parseText(text, tools) {
  if (tools) return (parser ??= await loadParser(tools))(text);
  const input = text.replace(/^.*;; needs a newer parser.*$/gm, "");
  const folder = mkdtempSync(join(tmpdir(), "mewz-wat-"));
  try {
    const output = join(folder, "module.wasm"); // what it writes to its standard output is for people
    const { status, stderr } = spawnSync("wat2wasm", ["--enable-all", "-", "-o", output], { input, timeout: 60000 });
    if (status !== 0) throw new Error(stderr.toString());
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The commands of a script, whose modules lie in the folder `into` then, and whether all of its text was known to
// wast2json; null where nothing here can convert it. `tools` is the folder of wasm-tools, or undefined.
export async function convert(path, into, tools) {
  const json = join(into, basename(path, ".wast") + ".json");
  if (spawnSync("wast2json", ["--enable-all", path, "-o", json], { timeout: 60000 }).status === 0)
    return { commands: JSON.parse(readFileSync(json, "utf8")).commands, isOlder: true };
  if (!tools) return null;
  parser ??= await loadParser(tools);
  return { commands: new Script(path, into, parser).read(), isOlder: false };
}
