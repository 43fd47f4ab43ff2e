import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as z from "zod";
import { InputError } from "../base/diagnostic.js";
import { insideFolder } from "../base/inside-folder.js";
import { RandomAccessFile } from "../base/random-access-file.js";

/** The file by which ecagen knows a folder that it generated. */
export const MANIFEST = "ecagen.json";

const manifestSchema = z.object({
  generator: z.literal("ecagen"),
  files: z.record(z.string(), z.string()),
});

interface ManifestContent {
  readonly version: string;
  readonly language: string;
  readonly texts: readonly { readonly path: string; readonly bytes: Buffer }[];
  /** The paths of models and weights, which are in the folder already. */
  readonly artifacts: readonly string[];
}

/** The text of the manifest of a folder: who made it, and what its files were then. */
export function manifestText(
  folder: string,
  { version, language, texts, artifacts }: ManifestContent,
): string {
  const hashes = [
    ...texts.map(({ path, bytes }) => [path, contentHash([bytes])] as const),
    ...artifacts.map((path) => [path, hashOf(join(folder, path))] as const),
  ];
  const files = Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ generator: "ecagen", version, language, files }, null, 2)}\n`;
}

/**
 * Refuses a folder that ecagen may not write to: one with files that it didn't generate, or with generated files that
 * were changed since and would be overwritten. With `force` both are fine.
 *
 * @param paths the files that are about to be written
 */
export function checkOwnership(folder: string, paths: readonly string[], force: boolean): void {
  if (force || !existsSync(folder)) return;
  const names = entriesOf(folder);
  if (names.length === 0) return;
  const hint = "give another folder, or --force to overwrite";
  const hashes = readHashes(folder);
  if (hashes === undefined) {
    const message = `the folder ${JSON.stringify(folder)} has files that ecagen did not generate`;
    throw InputError.of("codegen/foreign-folder", message, { file: folder, hint });
  }
  const changed = paths.filter((path) => isChanged(join(folder, path), hashes[path]));
  if (changed.length > 0) {
    const message = `${changed.join(", ")} in ${JSON.stringify(folder)} ${changed.length === 1 ? "was" : "were"} changed since ecagen generated ${changed.length === 1 ? "it" : "them"}`;
    throw InputError.of("codegen/changed-files", message, { file: folder, hint });
  }
}

/**
 * Removes the files that ecagen generated into the folder before and that are no part of the program any more, as those of
 * another language, and folders that have nothing in them then. What was changed since stays.
 *
 * @param paths the files of the program
 * @param inputs what the program is made of; it stays too
 */
export function removeStale(folder: string, paths: readonly string[], inputs: readonly string[]): void {
  const kept = new Set(inputs.map((each) => resolve(each)));
  for (const [path, hash] of Object.entries(readHashes(folder) ?? {})) {
    if (paths.includes(path) || kept.has(resolve(folder, path)) || !existsSync(join(folder, path))) continue;
    const file = insideFolder(path, folder);
    if (file === undefined || hashOf(file) !== hash) continue;
    rmSync(file);
    for (let at = dirname(path); at !== "."; at = dirname(at)) removeIfEmpty(join(folder, at));
  }
}

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function isChanged(file: string, hash: string | undefined): boolean {
  return hash !== undefined && existsSync(file) && hashOf(file) !== hash;
}

function hashOf(file: string): string {
  const source = RandomAccessFile.open(file);
  try {
    return contentHash(piecesOf(source));
  } finally {
    source.close();
  }
}

const PIECE = 1 << 20;

function* piecesOf(source: RandomAccessFile): Generator<Buffer> {
  for (let at = 0; at < source.size; at += PIECE) {
    yield Buffer.from(source.read(at, Math.min(PIECE, source.size - at)).buffer);
  }
}

/** SHA-256 in hexadecimal; line ends of text count as the same on every system. */
function contentHash(pieces: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  let open = "";
  for (const piece of pieces) {
    const text = open + piece.toString("latin1");
    // The other half of a line end can be in the next piece.
    open = text.endsWith("\r") ? "\r" : "";
    hash.update(text.slice(0, text.length - open.length).replaceAll("\r\n", "\n"), "latin1");
  }
  return hash.update(open, "latin1").digest("hex");
}

function readHashes(folder: string): Readonly<Record<string, string>> | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(folder, MANIFEST), "utf8"))).files;
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOTDIR" ? "it is no folder" : (error as Error).message;
    throw InputError.of("file/no-folder", `${JSON.stringify(folder)} can't be written to: ${why}`, {
      file: folder,
    });
  }
}
