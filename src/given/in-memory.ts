import { existsSync } from "node:fs";
import { types } from "node:util";
import { rangeOfBytes } from "../base/bytes.js";
import { InputError } from "../base/diagnostic.js";
import { withFilesAtHand } from "../files/at-hand.js";
import type { Spec } from "../language/spec.js";
import { externalLocations } from "../onnx/file/external-locations.js";
import { isOnnx } from "../onnx/file/names.js";
import { WireProblem } from "../onnx/file/wire.js";

/** The text of a spec: JSON, with comments if need be. */
export interface SpecText {
  readonly text: string;
  /** Its name in messages, and the network's where the spec gives none; what it extends is relative to its folder. Default: `spec.json`. */
  readonly file?: string | undefined;
}

/** The bytes of an ONNX model, or of a spec's text. */
export interface ModelBytes {
  readonly bytes: Uint8Array;
  /** Its name in messages: a model's ends in `.onnx`. Default: `model.onnx`, or `spec.json` for a text. */
  readonly file?: string | undefined;
}

/** A spec: its path or the name of one that ships, an object, or its text. */
export type GivenSpec = string | Spec | SpecText;

/** A spec or an ONNX model; that as a path or as bytes. */
export type GivenNetwork = GivenSpec | Uint8Array | ModelBytes;

/** What a function takes, for messages. */
const TAKES = {
  spec: "a spec: its path, an object, or { text }",
  model: "an ONNX model: its path, its bytes, or { bytes, file }",
  network:
    "a spec or an ONNX model: a path, a spec as an object, { text }, the bytes of a model, or { bytes, file }",
};

/** What is given beside paths: the file that it stands for. */
interface FileInMemory {
  readonly bytes: Uint8Array;
  /** As the caller calls it. */
  readonly named: string | undefined;
  /** What it is called otherwise. */
  readonly usual: string;
}

/**
 * Does something with what callers of the library give, by names of files: paths as they are, and all else under a name of its own, by which it
 * is read as a file of that name would be. The use cases know nothing but files, and messages name what is wrong in them by line and column.
 *
 * Errors: `InputError` with all that is none of what `takes` says, and for options that are no object.
 */
export async function withGiven<T>(
  given: readonly unknown[],
  takes: keyof typeof TAKES,
  options: unknown,
  act: (files: readonly string[]) => T | Promise<T>,
): Promise<T> {
  const found = given.map((each) => inputOf(each, takes));
  const problems = found.flatMap((each) => (each instanceof InputError ? each.diagnostics : []));
  if (!isPlainObject(options)) problems.push(...refusedOptions(options).diagnostics);
  if (problems.length > 0) throw new InputError(problems);
  const taken = new Set(found.filter((each) => typeof each === "string"));
  const atHand = new Map<string, Uint8Array>();
  const files = found.map((each) => {
    if (typeof each === "string" || each instanceof InputError) return String(each);
    const file = each.named ?? freeName(each.usual, taken);
    if (taken.has(file)) throw refused(`two inputs are called ${file}`, takes);
    taken.add(file);
    atHand.set(file, each.bytes);
    return file;
  });
  return withFilesAtHand(atHand, () => act(files));
}

function inputOf(given: unknown, takes: keyof typeof TAKES): string | FileInMemory | InputError {
  if (typeof given === "string") return pathOf(given, takes);
  try {
    return inMemory(given, takes);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** A string is a path. What can only be a text is called so, and not a file that is not there. */
function pathOf(path: string, takes: keyof typeof TAKES): string | InputError {
  if (!/^\s*\{.*["\n]/s.test(path)) return path;
  return InputError.of("library/input", "this is the text of a spec, where a string is a path", {
    hint:
      takes === "model"
        ? "compile makes a model of a spec"
        : "in a program { text: … }; on the command line `-` reads a spec from standard input",
  });
}

function inMemory(given: unknown, takes: keyof typeof TAKES): FileInMemory {
  if (types.isUint8Array(given)) return ofBytes(given, undefined, takes);
  if (!isPlainObject(given)) throw refused(`this is ${wordFor(given)}`, takes);
  const { file, text, bytes } = given;
  if (text === undefined && bytes === undefined) return ofSpec(given, takes);
  const others = Object.keys(given).filter((key) => !["file", "text", "bytes"].includes(key));
  if (others.length > 0 || (text !== undefined && bytes !== undefined))
    throw refused(`an object with ${Object.keys(given).join(", ")} is none of them`, takes);
  if (file !== undefined && (typeof file !== "string" || file === "" || file === "-"))
    throw refused("its `file` is no name", takes);
  if (bytes !== undefined) {
    if (!types.isUint8Array(bytes)) throw refused(`its \`bytes\` are ${wordFor(bytes)}`, takes);
    return ofBytes(bytes, file, takes);
  }
  if (typeof text !== "string") throw refused(`its \`text\` is ${wordFor(text)}`, takes);
  return ofText(Buffer.from(text), file, "spec.json", takes);
}

function ofSpec(spec: Readonly<Record<string, unknown>>, takes: keyof typeof TAKES): FileInMemory {
  const { name } = spec;
  const usual = typeof name === "string" && /^\w[\w.-]*$/.test(name) ? `${name}.json` : "spec.json";
  try {
    return ofText(Buffer.from(JSON.stringify(spec, onlyJson, 2)), undefined, usual, takes);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refused(`this object can't be written as JSON: ${(error as Error).message}`, takes);
  }
}

/** Refuses what `JSON.stringify` would leave out or make null of, so that no setting is lost. A key of `undefined` is one that is not there. */
function onlyJson(key: string, value: unknown): unknown {
  const isLost = typeof value === "function" || typeof value === "symbol";
  if (isLost || (typeof value === "number" && !Number.isFinite(value)))
    throw new TypeError(`${key} is ${isLost ? wordFor(value) : value}`);
  return value;
}

function ofText(
  bytes: Uint8Array,
  named: string | undefined,
  usual: string,
  takes: keyof typeof TAKES,
): FileInMemory {
  if (takes === "model") throw refused("this is a spec", takes);
  if (named !== undefined && isOnnx(named))
    throw refused(`${named} is the name of an ONNX model, and this is the text of a spec`, takes);
  return { bytes, named, usual };
}

/** Bytes are those of a spec's text where they begin as such: no model begins with a brace or a comment. */
function ofBytes(bytes: Uint8Array, named: string | undefined, takes: keyof typeof TAKES): FileInMemory {
  if (/^(\uFEFF)?\s*[{/]/.test(Buffer.from(bytes.subarray(0, 256)).toString("utf8")))
    return ofText(bytes, named, "spec.json", takes);
  if (takes === "spec") throw refused("these bytes are no text of a spec", takes);
  if (named !== undefined && !isOnnx(named))
    throw refused(`${named} is not the name of an ONNX model, which ends in .onnx`, takes);
  const [outside] = locationsOf(bytes);
  if (outside !== undefined) {
    throw InputError.of("library/external-data", `the model has numbers in another file, ${outside}`, {
      hint: "give the path of the model instead of its bytes",
    });
  }
  return { bytes, named, usual: "model.onnx" };
}

/** The files with a model's numbers; none for what is no model, which its reader says. */
function locationsOf(bytes: Uint8Array): readonly string[] {
  try {
    return [...externalLocations(rangeOfBytes(bytes))];
  } catch (error) {
    if (error instanceof WireProblem) return [];
    throw error;
  }
}

/** A name that no other input has, and no file on the disk: `spec.json`, `spec-2.json`. */
function freeName(usual: string, taken: ReadonlySet<string>): string {
  const [, base = usual, ending = ""] = /^(.*)(\.\w+)$/.exec(usual) ?? [];
  for (let number = 1; ; number++) {
    const name = number === 1 ? usual : `${base}-${number}${ending}`;
    if (!taken.has(name) && !existsSync(name)) return name;
  }
}

function refusedOptions(options: unknown): InputError {
  return InputError.of("library/input", `the options are ${wordFor(options)}`, {
    hint: 'options are an object, as { output: "net.onnx" }, or left out',
  });
}

function refused(message: string, takes: keyof typeof TAKES): InputError {
  return InputError.of("library/input", message, { hint: `this takes ${TAKES[takes]}` });
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** `an array`, `undefined`, `a number`, `an instance of Map` */
function wordFor(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return `an instance of ${value.constructor?.name ?? "a class"}`;
  return `a ${typeof value}`;
}
