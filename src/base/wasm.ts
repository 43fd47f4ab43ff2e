/**
 * A small assembler of WebAssembly, for inner loops over numbers that JavaScript's checks of indexes would slow down. Instructions
 * are written as in its text form, operands inside: `i32.add(a.get, i32.of(8))`. Numbers of 64 bits go in twos, v128.
 * Every engine computes the same bits. Source: https://webassembly.github.io/spec/core/binary/
 */

/** Instructions as bytes, which leave their value if they have one. */
type Code = readonly number[];

/** A variable of a function. */
interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

interface WasmFunction {
  readonly name: string;
  readonly code: Code;
  readonly parameters: number;
}

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;

function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = rest === (low & 0x40 ? -1 : 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(code: Code): Code {
  return [...unsigned(code.length), ...code];
}

function text(name: string): Code {
  return sized([...new TextEncoder().encode(name)]);
}

/** Where in memory, without a promise about its alignment. */
function memoryAt(offset: number): Code {
  return [0, ...unsigned(offset)];
}

function vector(instruction: number, ...operands: readonly Code[]): Code {
  return [...operands.flat(), 0xfd, ...unsigned(instruction)];
}

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(value)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  isLess: (a: Code, b: Code): Code => [...a, ...b, 0x49],
  load: (address: Code, offset = 0): Code => [...address, 0x28, ...memoryAt(offset)],
};

/** Two numbers of float64. */
export const f64x2 = {
  load: (address: Code, offset = 0): Code => [...vector(0x00, address), ...memoryAt(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...vector(0x0b, address, value),
    ...memoryAt(offset),
  ],
  /** One number twice. */
  twice: (address: Code, offset = 0): Code => [...vector(0x0a, address), ...memoryAt(offset)],
  /** Numbers of two places. */
  pair: (first: Code, second: Code): Code => [
    ...second,
    ...[...vector(0x5d, first), ...memoryAt(0)],
    ...[...vector(0x57), ...memoryAt(0), 1],
  ],
  add: (a: Code, b: Code): Code => vector(0xf0, a, b),
  mul: (a: Code, b: Code): Code => vector(0xf2, a, b),
  /** To float32, and back. */
  rounded: (a: Code): Code => vector(0x5f, vector(0x5e, a)),
};

/** Does `body`, and does it again while `condition` is true. */
export function repeat(body: readonly Code[], condition: Code): Code {
  return [0x03, NO_RESULT, ...body.flat(), ...condition, 0x0d, 0, 0x0b];
}

export function when(condition: Code, body: readonly Code[]): Code {
  return [...condition, 0x04, NO_RESULT, ...body.flat(), 0x0b];
}

/** A function of some i32 parameters without a result. `body` is given them and its other variables by their names. */
export function wasmFunction<P extends string, I extends string, V extends string>(
  name: string,
  parameters: readonly P[],
  variables: { readonly i32: readonly I[]; readonly v128: readonly V[] },
  body: (locals: { readonly [N in P | I | V]: Local }) => readonly Code[],
): WasmFunction {
  const names = [...parameters, ...variables.i32, ...variables.v128];
  const local = (index: number): Local => ({
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  });
  const locals = Object.fromEntries(names.map((each, index) => [each, local(index)])) as {
    [N in P | I | V]: Local;
  };
  const declared = list([
    [...unsigned(variables.i32.length), I32],
    [...unsigned(variables.v128.length), V128],
  ]);
  const code = sized([...declared, ...body(locals).flat(), 0x0b]);
  return { name, code, parameters: parameters.length };
}

/** A module of those functions and a memory, `memory`, of one page of 64 KiB that grows. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array {
  const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];
  const types = functions.map(({ parameters }) => [0x60, ...list(new Array(parameters).fill([I32])), 0]);
  const exported = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [[...text("memory"), 2, 0], ...exported]),
    ...section(
      10,
      functions.map(({ code }) => code),
    ),
  );
}

/** What is used of the engine's, which the types of Node.js leave out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new <Exports>(module: object) => { readonly exports: Exports };
};

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By so many pages; arrays over the buffer are empty from then on. */
  grow(pages: number): void;
}

/** The functions of a module, and its memory. */
export function instantiate<Exports>(module: Uint8Array): Exports & { readonly memory: WasmMemory } {
  const { exports } = new WebAssembly.Instance<Exports & { readonly memory: WasmMemory }>(
    new WebAssembly.Module(module),
  );
  return exports;
}
