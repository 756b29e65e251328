// module.mjs: a WebAssembly program from a number: valid by construction, the same one each time.
//
// The program calls each of its functions a few times, with constants, and writes what they return, and in the end its
// memory, to descriptor 1 of WASI. Loops and calls use up fuel, so that it ends; it may trap. Where the specification
// leaves the bits of a NaN open, the program makes them the canonical ones. The instructions are the table's that the
// compiler is made of (sdk/wasm/opcodes.def).
import { readFileSync } from "node:fs";

const table = readFileSync(new URL("../../sdk/wasm/opcodes.def", import.meta.url), "utf8");
const rows = [...table.matchAll(/^OP\(\w+,\s*"([^"]+)",\s*0x(\w+),\s*0x(\w+),\s*(\w+),\s*(?:"([^"]*)"|NULL),\s*(\w+),\s*(\d+),/gm)]
  .map(([, text, prefix, code, immediate, signature, feature, access]) => ({ text, immediate, signature, feature,
    prefix: parseInt(prefix, 16), code: parseInt(code, 16), access: Number(access) }));
const features = ["MVP", "SIGN_EXT", "SAT_FLOAT", "SIMD"];
const simple = ["NONE", "MEM", "MEM_LANE", "LANE", "SHUFFLE"];
const usable = rows.filter((r) => features.includes(r.feature) && simple.includes(r.immediate) && r.signature &&
  /^[iIfFva]*:[iIfFv]?$/.test(r.signature) && !r.text.startsWith("memory."));
const codes = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c, v: 0x7b };
const types = Object.keys(codes);
const byResult = Object.fromEntries([...types, ""].map((t) => [t, usable.filter((r) => r.signature.split(":")[1] === t)]));
const stores = byResult[""].filter((r) => r.immediate !== "NONE");

const leb = (value) => {
  const bytes = [];
  for (value = BigInt(value); ; value >>= 7n) {
    const low = Number(value & 0x7fn), done = (value >> 7n === 0n && !(low & 0x40)) || (value >> 7n === -1n && low & 0x40);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
};
const uleb = (value) => {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
};
const text = (string) => [...uleb(string.length), ...Buffer.from(string)];
const vector = (items) => [...uleb(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...uleb(bytes.length), ...bytes];

// Where things are: the vector that fd_write takes, what is written, and from there on what the program works on.
const IOVEC = 0, RESULT = 16, PAGES = 1, WORK = 64;

class Random {
  constructor(seed) {
    this.state = BigInt.asUintN(64, BigInt(seed) * 0x9e3779b97f4a7c15n + 1n);
  }

  word() { // splitmix64
    let z = (this.state = BigInt.asUintN(64, this.state + 0x9e3779b97f4a7c15n));
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  below(count) {
    return Number(this.word() % BigInt(count));
  }

  of(list) {
    return list[this.below(list.length)];
  }

  chance(one) {
    return this.below(one) === 0;
  }
}

const get = (index) => [0x20, ...uleb(index)], set = (index) => [0x21, ...uleb(index)], tee = (index) => [0x22, ...uleb(index)];
const i32 = (value) => [0x41, ...leb(value | 0)];
const operation = ({ prefix, code }) => (prefix ? [prefix, ...uleb(code)] : [code]);
const canonical = { f: [0x43, 0, 0, 0xc0, 0x7f], F: [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f] };
const differs = { f: [0x5c], F: [0x62] };
const lanesOf = { f32x4: { bits: [0, 0, 0xc0, 0x7f], ne: 0x42 }, f64x2: { bits: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], ne: 0x48 } };

class Body {
  constructor(module, signature) {
    Object.assign(this, { module, random: module.random, signature });
    this.locals = [...signature.params];
    this.scratch = {};
    for (const t of types) this.scratch[t] = this.locals.push(t) - 1;
    for (let i = this.random.below(6); i >= 0; i--) this.locals.push(this.random.of(types));
    this.labels = []; // innermost last; the type that a branch takes, "", or undefined for a label that is not used
  }

  constant(type) {
    const r = this.random, word = r.word(), small = BigInt(r.below(20) - 4);
    const special = r.of([0n, 1n, -1n, 1n << 31n, 1n << 63n, (1n << 31n) - 1n, (1n << 63n) - 1n, 0xffn, small, small]);
    const bits = r.chance(3) ? word : special;
    const bytes = (count, value) => Array.from({ length: count }, (_, i) => Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn));
    if (type === "i") return [0x41, ...leb(BigInt.asIntN(32, bits))];
    if (type === "I") return [0x42, ...leb(BigInt.asIntN(64, bits))];
    if (type === "v") return [0xfd, 12, ...bytes(8, bits), ...bytes(8, r.word() & r.word())];
    const view = new DataView(new ArrayBuffer(8));
    const number = r.of([0, -0, 1, -1, 0.5, 1e10, -1e10, 2147483648, -2147483649, 9223372036854775808, Infinity, -Infinity, NaN, Number(small)]);
    if (type === "f") view.setFloat32(0, number, true);
    else view.setFloat64(0, number, true);
    return [type === "f" ? 0x43 : 0x44, ...new Uint8Array(view.buffer, 0, type === "f" ? 4 : 8)];
  }

  // The address of an access: nearly always inside of the memory.
  address() {
    const inside = this.random.chance(200) ? [] : [...i32(0x7fff), 0x71];
    return [...this.value("i", 2), ...inside];
  }

  immediate({ immediate, access, signature, text: name }) {
    const r = this.random, lanes = 16 >> access;
    const memory = [...uleb(r.below(access + 1)), ...uleb(r.chance(300) ? r.below(2 ** 32) : WORK + r.below(1000))];
    switch (immediate) {
      case "MEM": return memory;
      case "MEM_LANE": return [...memory, r.below(lanes)];
      case "LANE": return [r.below(lanes)];
      case "SHUFFLE": return Array.from({ length: 16 }, () => r.below(32));
      default: return [];
    }
  }

  // Gives NaNs that an operation made the bits that all implementations agree on.
  settle(op, type) {
    const at = this.scratch[type], lanes = lanesOf[op.text.slice(0, 5)];
    if (type === "f" || type === "F")
      return /load|reinterpret/.test(op.text) ? [] : [...set(at), ...canonical[type], ...get(at), ...get(at), ...get(at), ...differs[type], 0x1b];
    if (type !== "v" || !lanes || /load|splat|lane/.test(op.text)) return [];
    const nan = [0xfd, 12, ...Array.from({ length: 16 }, (_, i) => lanes.bits[i % lanes.bits.length])];
    return [...set(at), ...nan, ...get(at), ...get(at), ...get(at), 0xfd, lanes.ne, 0xfd, 82];
  }

  apply(op, depth) {
    const [params, result] = op.signature.split(":");
    const operands = [...params].flatMap((p) => (p === "a" ? this.address() : this.value(p, depth - 1)));
    return [...operands, ...operation(op), ...this.immediate(op), ...this.settle(op, result)];
  }

  // Seldom one that may trap, so that most of the program runs.
  operation(type) {
    const op = this.random.of(byResult[type]);
    return /div_|rem_|trunc_f/.test(op.text) && !this.random.chance(20) ? this.operation(type) : op;
  }

  localOf(type) {
    const candidates = this.locals.flatMap((t, i) => (t === type && i !== this.scratch[type] ? [i] : []));
    return candidates.length ? this.random.of(candidates) : undefined;
  }

  call(type, depth) {
    const found = this.module.functions.filter((f) => f.index < this.index && f.signature.results.join() === type);
    if (found.length === 0) return this.constant(type);
    const callee = this.random.of(found), { params } = callee.signature;
    const operands = params.flatMap((p) => this.value(p, depth - 1));
    if (this.random.chance(2)) return [...operands, 0x10, ...uleb(callee.index)];
    const slot = this.random.chance(10) ? this.value("i", 1) : i32(callee.slot);
    return [...operands, ...slot, 0x11, ...uleb(callee.type), 0];
  }

  // Instructions that leave one value of the type.
  value(type, depth) {
    const r = this.random, local = this.localOf(type);
    if (depth <= 0) return local !== undefined && r.chance(2) ? get(local) : this.constant(type);
    switch (r.below(14)) {
      case 0: return this.constant(type);
      case 1: case 2: return local !== undefined ? get(local) : this.constant(type);
      case 3: return [0x23, ...uleb(this.module.globalOf(type))];
      case 4: return [...this.value("i", depth - 1), 0x04, codes[type], ...this.inside(type, () => [
        ...this.statements(1), ...this.value(type, depth - 1), 0x05, ...this.statements(1), ...this.value(type, depth - 1)]), 0x0b];
      case 5: return [0x02, codes[type], ...this.inside(type, () => [...this.statements(2), ...this.value(type, depth - 1)]), 0x0b];
      case 6: return this.call(type, depth);
      case 7: return [...this.value(type, depth - 1), ...this.value(type, depth - 1), ...this.value("i", depth - 1), 0x1b];
      case 8: return local !== undefined ? [...this.value(type, depth - 1), ...tee(local)] : this.constant(type);
      default: return this.apply(this.operation(type), depth);
    }
  }

  inside(type, make) {
    this.labels.push(type);
    const code = make();
    this.labels.pop();
    return code;
  }

  statements(count) {
    return Array.from({ length: this.random.below(count + 1) }, () => this.statement()).flat();
  }

  // Uses up one unit; ends the function where there is no more.
  fuel() {
    const results = this.signature.results.flatMap((t) => this.constant(t));
    return [0x23, 0, 0x45, 0x04, 0x40, ...results, 0x0f, 0x0b, 0x23, 0, ...i32(1), 0x6b, 0x24, 0];
  }

  branch() {
    const used = this.labels.flatMap((t, i) => (t === undefined ? [] : [this.labels.length - 1 - i]));
    if (used.length === 0) return [];
    const depth = this.random.of(used), type = this.labels[this.labels.length - 1 - depth];
    if (this.random.chance(3)) return [0x02, 0x40, ...this.inside(undefined, () => this.branchTable(type)), 0x0b];
    return [...this.branchValue(type), ...this.value("i", 2), 0x0d, ...uleb(depth), ...(type ? [0x1a] : [])];
  }

  branchValue(type) {
    return type ? this.value(type, 1) : [];
  }

  // To labels of that type. Dead code follows, so it has a block of its own.
  branchTable(type) {
    const targets = this.labels.flatMap((t, i) => (t === type ? [this.labels.length - 1 - i] : []));
    const list = Array.from({ length: this.random.below(5) }, () => uleb(this.random.of(targets)));
    return [...this.branchValue(type), ...this.value("i", 2), 0x0e, ...vector(list), ...uleb(this.random.of(targets))];
  }

  bulk() {
    const small = () => [...this.value("i", 1), ...i32(0x3fff), 0x71];
    switch (this.random.below(4)) {
      case 0: return [...small(), ...small(), ...this.value("i", 1), ...i32(0xff), 0x71, 0xfc, 10, 0, 0];
      case 1: return [...small(), ...this.value("i", 1), ...this.value("i", 1), ...i32(0xff), 0x71, 0xfc, 11, 0];
      case 2: return [...this.value("i", 1), ...i32(1), 0x71, 0x40, 0, 0x1a];
      default: return [0x3f, 0, 0x1a];
    }
  }

  statement() {
    const r = this.random, type = r.of(types), local = this.localOf(type);
    switch (r.below(10)) {
      case 0: case 1: return local !== undefined ? [...this.value(type, 3), ...set(local)] : [];
      case 2: return [...this.value(type, 3), 0x24, ...uleb(this.module.globalOf(type))];
      case 3: case 4: return this.apply(r.of(stores), 3);
      case 5: return [...this.value(type, 3), 0x1a];
      case 6: return this.labels.length > 6 ? [] : [0x03, 0x40, ...this.inside("", () => [...this.fuel(), ...this.statements(3),
        ...this.value("i", 2), 0x0d, 0]), 0x0b];
      case 7: return this.labels.length > 6 ? [] : [...this.value("i", 2), 0x04, 0x40, ...this.inside("", () => this.statements(3)), 0x0b];
      case 8: return this.labels.length ? this.branch() : [];
      default: return this.bulk();
    }
  }

  encode(index) {
    this.index = index;
    const code = [...this.fuel(), ...this.statements(8), ...this.signature.results.flatMap((t) => this.value(t, 4)), 0x0b];
    const locals = this.locals.slice(this.signature.params.length).map((t) => [1, codes[t]]);
    const body = [...vector(locals), ...code];
    return [...uleb(body.length), ...body];
  }
}

class Module {
  constructor(seed) {
    this.random = new Random(seed);
    this.globals = types; // behind the fuel, one of each type
    this.functions = [];
    this.signatures = [{ params: [], results: [] }, { params: ["i", "i", "i", "i"], results: ["i"] }];
    const list = (most) => Array.from({ length: this.random.below(most + 1) }, () => this.random.of(types));
    for (let i = 0, count = 2 + this.random.below(5); i < count; i++) {
      const signature = { params: list(this.random.chance(4) ? 12 : 4), results: this.random.chance(8) ? list(3) : [this.random.of(types)] };
      const type = this.signatures.push(signature) - 1;
      this.functions.push({ signature, type, index: i + 1, slot: i }); // function 0 is fd_write
    }
  }

  globalOf(type) {
    return 1 + types.indexOf(type);
  }

  // Writes `size` bytes from `at` on.
  write(at, size) {
    return [...i32(IOVEC), ...i32(at), 0x36, 2, 0, ...i32(IOVEC), ...size, 0x36, 2, 4, ...i32(1), ...i32(IOVEC), ...i32(1),
      ...i32(IOVEC + 8), 0x10, 0, 0x1a];
  }

  // A call with constants, and its results, last one first.
  show(func) {
    const body = new Body(this, { params: [], results: [] }), { params, results } = func.signature;
    const stored = { i: [0x36, 2], I: [0x37, 3], f: [0x38, 2], F: [0x39, 3], v: [0xfd, 11, 4] };
    const code = [...i32(2000), 0x24, 0, ...params.flatMap((p) => body.constant(p)), 0x10, ...uleb(func.index)];
    const write = results.toReversed().flatMap((t) => [...set(types.indexOf(t)), ...i32(RESULT), ...get(types.indexOf(t)), ...stored[t], 0,
      ...this.write(RESULT, i32({ i: 4, I: 8, f: 4, F: 8, v: 16 }[t]))]);
    return [...code, ...write];
  }

  start() {
    const calls = this.functions.flatMap((f) => [...this.show(f), ...this.show(f), ...this.show(f)]);
    const size = [0x3f, 0, ...i32(16), 0x74, ...i32(WORK), 0x6b];
    const code = [...vector(types.map((t) => [1, codes[t]])), ...calls, ...this.write(WORK, size), 0x0b];
    return [...uleb(code.length), ...code];
  }

  encode() {
    const signatures = this.signatures.map(({ params, results }) => [0x60, ...vector(params.map((p) => [codes[p]])), ...vector(results.map((p) => [codes[p]]))]);
    const bodies = this.functions.map((f) => new Body(this, f.signature).encode(f.index));
    const zero = { i: [0x41, 0], I: [0x42, 0], f: [0x43, 0, 0, 0, 0], F: [0x44, 0, 0, 0, 0, 0, 0, 0, 0], v: [0xfd, 12, ...Array(16).fill(0)] };
    const globals = ["i", ...this.globals].map((t) => [codes[t], 1, ...zero[t], 0x0b]);
    const slots = this.functions.map((f) => uleb(f.index)), data = Array.from({ length: 200 }, () => this.random.below(256));
    const exports = [[...text("memory"), 2, 0], [...text("_start"), 0, ...uleb(this.functions.length + 1)]];
    return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      ...section(1, vector(signatures)),
      ...section(2, vector([[...text("wasi_snapshot_preview1"), ...text("fd_write"), 0, 1]])),
      ...section(3, vector([...this.functions.map((f) => uleb(f.type)), [0]])),
      ...section(4, vector([[0x70, 0, ...uleb(slots.length)]])),
      ...section(5, vector([[1, PAGES, 3]])),
      ...section(6, vector(globals)),
      ...section(7, vector(exports)),
      ...section(9, vector([[0, ...i32(0), 0x0b, ...vector(slots)]])),
      ...section(10, vector([...bodies, this.start()])),
      ...section(11, vector([[0, ...i32(WORK), 0x0b, ...vector(data.map((b) => [b]))]])),
    ]);
  }
}

export const generate = (seed) => new Module(seed).encode();
