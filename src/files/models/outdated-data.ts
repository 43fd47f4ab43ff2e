import { linkSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import { externalLocations } from "../../onnx/file/external-locations.js";
import { WireProblem } from "../../onnx/file/wire.js";
import { wasRead } from "../files-read.js";
import { hashOf } from "../hash-file.js";
import { RandomAccessFile } from "../random-access-file.js";
import { isTemporary, temporaryFilesIn, temporaryFor } from "../temporary-files.js";

// The file of a model's large tensors is named after its content: NAME-DIGEST.onnx.data. So a model can never stand
// beside the data of another: both models' data exist until the new model has replaced the old one, in one step.

const DIGITS = 16;
const OWN_DATA = new RegExp(`^.+-([0-9a-f]{${DIGITS}})\\.onnx\\.data$`, "su");
const ENDING = ".onnx";

/** The name of the data file of the model `file`, by the SHA-256 of its content in hexadecimal. */
export function dataFileName(file: string, sha256: string): string {
  return `${basename(file, ENDING)}-${sha256.slice(0, DIGITS)}${ENDING}.data`;
}

/** The SHA-256 of a file that may be written over, in hexadecimal. */
export function hashOfOutput(file: string): string {
  const source = RandomAccessFile.openOutput(file);
  try {
    return hashOf(source);
  } finally {
    source.close();
  }
}

/**
 * The data files of the model at `file` that is about to be replaced, and of those that killed runs have left unfinished
 * beside it. Only what ecagen wrote is among them, as name and content say.
 */
export class OutdatedData {
  readonly #file: string;
  readonly #dataFiles: readonly string[];
  #memory: string | undefined;

  constructor(file: string) {
    this.#file = file;
    if (!hasOwnData(dirname(file))) {
      this.#dataFiles = [];
      return;
    }
    const abandoned = temporaryFilesIn(dirname(file)).filter(({ isAlive }) => !isAlive);
    const names = [file, ...abandoned.map(({ path }) => path)].flatMap((each) => [
      ...(locationsIn(each) ?? []),
    ]);
    this.#dataFiles = [...new Set(names)].flatMap((name) => {
      const [, digest] = OWN_DATA.exec(name) ?? [];
      const path = join(dirname(file), name);
      if (digest === undefined || basename(name) !== name || !isRegular(path)) return [];
      return hashOfOutput(path).startsWith(digest) ? [path] : [];
    });
  }

  /** Keeps the old model under a temporary name, by which the next run finds its data if this one is killed before it removes it. */
  remember(): void {
    if (this.#dataFiles.length === 0) return;
    const memory = temporaryFor(`${this.#file}.old`);
    try {
      linkSync(this.#file, memory);
      this.#memory = memory;
    } catch {
      // Without hard links a run that is killed at this very moment leaves a file too many.
    }
  }

  /** Removes those that nothing in their folder needs any more, once the new model has its name. */
  remove(): void {
    try {
      this.#removeUnused();
    } catch {
      // The new model is there with its data; a file too many is no reason to fail.
    }
    this.forget();
  }

  /** Removes what `remember` has kept; the next run does it where it can't be removed. */
  forget(): boolean {
    try {
      if (this.#memory !== undefined) rmSync(this.#memory, { force: true });
    } catch {
      // As above.
    }
    return true;
  }

  #removeUnused(): void {
    if (this.#dataFiles.length === 0) return;
    const folder = dirname(this.#file);
    // Another run may be about to write a model that names one of them.
    const isWritten = temporaryFilesIn(folder).some(
      ({ isAlive, name }) => isAlive && basename(this.#file).startsWith(name),
    );
    const needed = isWritten ? undefined : namesNeededIn(folder);
    for (const each of this.#dataFiles) {
      if (needed !== undefined && !needed.has(basename(each)) && !wasRead(each))
        rmSync(each, { force: true });
    }
  }
}

/** Whether a folder has a file that may be the data of a model; most have none, and no model in them need be read. */
function hasOwnData(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => OWN_DATA.test(name));
  } catch {
    return false;
  }
}

/** The names that the models in a folder need, whatever they are called; undefined where one can't be read. */
function namesNeededIn(folder: string): ReadonlySet<string> | undefined {
  const needed = new Set<string>();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (OWN_DATA.test(name) || isTemporary(name)) continue;
    const locations = locationsIn(path);
    if (locations === undefined && name.toLowerCase().endsWith(ENDING)) return undefined;
    for (const each of locations ?? []) needed.add(each);
  }
  return needed;
}

/** The files that a model names; undefined for what is none. */
function locationsIn(path: string): ReadonlySet<string> | undefined {
  let source: RandomAccessFile | undefined;
  try {
    source = RandomAccessFile.openOutput(path);
    return externalLocations(source);
  } catch (error) {
    if (error instanceof WireProblem || error instanceof InputError) return undefined;
    throw error;
  } finally {
    source?.close();
  }
}

function isRegular(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
