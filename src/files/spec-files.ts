import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { InputError } from "../base/diagnostic.js";
import { fileKind, LONGEST_FILE_START } from "../base/file-kinds.js";
import { type OtherModel, otherModel, otherModelFolder } from "../base/other-models.js";
import type { SourceText } from "../base/source.js";
import { readWithBases } from "../language/extends.js";
import { refuseIdleSettings } from "../language/idle-settings.js";
import { jsonValue, MAX_FILE_SIZE, tooLarge } from "../language/json-tree.js";
import { type Asker, type SpecLibrary, specNotFound } from "../language/library.js";
import { type LoadedSpec, loadSource } from "../language/load.js";
import type { SpecChanges } from "../language/settings.js";
import { fileAtHand } from "./at-hand.js";
import { packageRoot } from "./package.js";
import { readRecorded, startOfFile } from "./read-file.js";
import { isStream, readStandardInput, STANDARD_INPUT } from "./standard-streams.js";
import "./system-hash.js";

/** Gives a file's text, or throws an error with a `code` as Node's file functions do. */
export type ReadFile = (file: string) => string;

/**
 * Reads a spec: a path, the bare name of one that ships with ecagen, or `-` for standard input. `changes`: what is set in it.
 *
 * @throws InputError with everything that is wrong with it, in the order of its places
 */
export function loadSpec(file: string, changes: SpecChanges = {}, read: ReadFile = readTextFile): LoadedSpec {
  const source = specAtHand(file) ?? (isStream(file) ? specOfStandardInput() : readSpec(file, "", read));
  const library = libraryOfFiles(read);
  const loaded = loadSource(source, library, changes);
  refuseIdleSettings(source, library, changes, loaded);
  return loaded;
}

/**
 * The text of a spec with all that it extends in it, as JSON, for processes that can't reach the files. `reference` is seen from `folder`.
 *
 * Errors: as of `loadSpec`, for a file that is not there or is no JSON.
 */
export function mergedSpec(reference: string, folder: string, asker: Asker): SourceText {
  const source = readSpec(reference, folder, readTextFile, asker);
  const { root } = readWithBases(source, libraryOfFiles(readTextFile));
  const { extends: _, ...merged } = jsonValue(root) as Readonly<Record<string, unknown>>;
  return { file: source.file, text: JSON.stringify(merged) };
}

/** As `loadSpec`, for a text at hand. `file` is its name in messages, and `extends` is relative to its folder. */
export function parseSpecText(text: string, file: string, read: ReadFile = readTextFile): LoadedSpec {
  return loadSource({ file, text }, libraryOfFiles(read));
}

/** The folder of the specs that ship with ecagen. */
export function shippedSpecsFolder(): string {
  return join(packageRoot(), "specs");
}

/** The names of the specs that ship with ecagen, sorted: `b0-eca`. */
export function shippedSpecs(): readonly string[] {
  return readdirSync(shippedSpecsFolder())
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** A file's text, which must be UTF-8 and of a bearable size. */
export const readTextFile: ReadFile = (file) => {
  const stat = statSync(file);
  // Devices and pipes have no size, and some have no end.
  if (!stat.isFile() && !stat.isDirectory()) {
    throw InputError.of("spec/unreadable", `${file} is not a regular file`, {
      ...{ file, hint: "`-` reads a spec from standard input" },
    });
  }
  if (stat.isFile()) refuseModel(file);
  if (stat.size > MAX_FILE_SIZE) throw tooLarge(file);
  return decodedText(readRecorded(file), file);
};

/** Models of other formats are named before their bytes are taken for text. */
function refuseModel(file: string): void {
  const model = otherModel(file, startOfFile(file, LONGEST_FILE_START));
  if (model !== undefined) throw notRead(file, model);
}

function notRead(file: string, { is, hint }: OtherModel): InputError {
  return InputError.of("spec/model", `${file} is ${is}; ecagen reads specs and ONNX files`, { file, hint });
}

/** A spec that a caller of the library has given under this name. What it extends is relative to the name's folder, and on the disk. */
function specAtHand(file: string): SourceText | undefined {
  const bytes = fileAtHand(file);
  if (bytes === undefined) return undefined;
  if (bytes.length > MAX_FILE_SIZE) throw tooLarge(file);
  return { file, text: decodedText(bytes, file) };
}

/** Seen from the current folder: what it extends is relative to that. */
function specOfStandardInput(): SourceText {
  return { file: STANDARD_INPUT, text: decodedText(readStandardInput(), STANDARD_INPUT) };
}

function decodedText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const kind = fileKind(bytes);
    const what = kind === undefined ? "" : `: it is ${kind.is}`;
    const hint = kind?.hint ?? (file === STANDARD_INPUT ? ONLY_SPECS : undefined);
    throw InputError.of("spec/encoding", `the file is not UTF-8 text${what}`, { file, hint });
  }
}

const ONLY_SPECS = "`-` reads specs; an ONNX model has to be a file";

function libraryOfFiles(read: ReadFile): SpecLibrary {
  return {
    read: (reference, from, asker) => readSpec(reference, dirname(from), read, asker),
    identity: resolve,
  };
}

/** Reads the spec that `reference` names, seen from `folder`: a path, or the bare name of a spec there or of one that ships. */
function readSpec(reference: string, folder: string, read: ReadFile, asker: Asker = {}): SourceText {
  let failure: { readonly file: string; readonly code: unknown } | undefined;
  for (const file of candidates(reference, folder)) {
    try {
      return { file, text: read(file) };
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      // A file that can't be read says more than the absence of the other candidates.
      if (failure === undefined || error.code !== "ENOENT") failure = { file, code: error.code };
    }
  }
  throw unreadable(reference, failure?.file ?? reference, failure?.code, asker);
}

function candidates(reference: string, folder: string): readonly string[] {
  if (!isBare(reference)) return [isAbsolute(reference) ? reference : join(folder, reference)];
  const names = reference.endsWith(".json") ? [reference] : [reference, `${reference}.json`];
  const beside = names.map((name) => join(folder, name));
  return [...beside, join(shippedSpecsFolder(), names.at(-1) ?? reference)];
}

function isBare(reference: string): boolean {
  return basename(reference) === reference;
}

function unreadable(reference: string, file: string, code: unknown, asker: Asker): InputError {
  const where = asker.range === undefined ? { file } : asker;
  const has = (name: string): boolean => existsSync(join(file, name));
  const model = code === "EISDIR" ? otherModelFolder(file, has) : undefined;
  if (model !== undefined) return notRead(file, model);
  if (code === "EISDIR") return InputError.of("spec/is-folder", `${file} is a folder, not a file`, where);
  if (code === "ENOENT" || code === "ENOTDIR") {
    const what = isBare(reference) && !reference.endsWith(".json") ? `spec ${reference}` : `file ${file}`;
    return specNotFound(reference, what, shippedSpecs(), where);
  }
  return InputError.of("spec/unreadable", `${file} can't be read (${String(code)})`, where);
}
