import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import { jsonText } from "../../base/json-text.js";
import { wasRead } from "../../files/files-read.js";
import { insideFolder } from "../../files/inside-folder.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import { isTemporary, removeAbandoned } from "../../files/temporary-files.js";

/** The file by which ecagen knows a folder that it generated. */
export const MANIFEST = "ecagen.json";

const hash = z.string();
const manifestSchema = z.object({
  generator: z.literal("ecagen"),
  // Several while files replace each other: what is there is one of them.
  files: z.record(z.string(), z.union([hash, z.array(hash)])),
});

/** What the files of a folder may hold if only ecagen has changed them: hashes of each by its path. */
type KnownFiles = ReadonlyMap<string, readonly string[]>;

/** A program's files by path, each with the hash of its content. */
export type FileHashes = ReadonlyMap<string, string>;

interface Author {
  readonly version: string;
  readonly language: string;
}

/** The text of the manifest of a folder: who made it, and what its files were then. */
export function manifestText(author: Author, files: FileHashes): string {
  return jsonText({ generator: "ecagen", ...author, files: byPath(files) });
}

/**
 * The manifest of a folder whose files are replacing those before. A run that is killed meanwhile leaves it,
 * and so the next one knows that both are ecagen's.
 */
export function interimManifestText(author: Author, before: KnownFiles, after: FileHashes): string {
  const files = new Map<string, readonly string[]>(before);
  for (const [path, each] of after) files.set(path, [...new Set([...(before.get(path) ?? []), each])]);
  const incomplete = "the files are being replaced; if no ecagen is running, it was killed: generate again";
  return jsonText({ generator: "ecagen", ...author, incomplete, files: byPath(files) });
}

/**
 * Refuses a folder that ecagen may not write to: one with files that it didn't generate, or with such or changed ones
 * that would be overwritten. With `force` all are fine. What killed runs left in it goes.
 *
 * @param paths the files that are about to be written
 */
export function checkOwnership(folder: string, paths: readonly string[], force: boolean): void {
  if (!existsSync(folder)) return;
  const hasFiles = removeAbandonedBelow(folder);
  if (force || !hasFiles) return;
  const hint = "give another folder, or --force to overwrite";
  const known = knownFiles(folder);
  if (known === undefined) {
    const message = `the folder ${JSON.stringify(folder)} has files that ecagen did not generate`;
    throw InputError.of("codegen/foreign-folder", message, { file: folder, hint });
  }
  const there = paths.filter((path) => existsSync(join(folder, path)));
  const foreign = there.filter((path) => !known.has(path));
  if (foreign.length > 0) {
    const message = `${foreign.join(", ")} in ${JSON.stringify(folder)} would be overwritten, and ecagen did not generate ${foreign.length === 1 ? "it" : "them"}`;
    throw InputError.of("codegen/foreign-files", message, { file: folder, hint });
  }
  const changed = there.filter((path) => !known.get(path)?.includes(hashOfFile(join(folder, path))));
  if (changed.length > 0) {
    const message = `${changed.join(", ")} in ${JSON.stringify(folder)} ${changed.length === 1 ? "was" : "were"} changed since ecagen generated ${changed.length === 1 ? "it" : "them"}`;
    throw InputError.of("codegen/changed-files", message, { file: folder, hint });
  }
}

/** The files that ecagen generated into a folder; undefined for one that is not its. */
export function knownFiles(folder: string): KnownFiles | undefined {
  try {
    const { files } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")));
    return new Map(Object.entries(files).map(([path, hashes]) => [path, [hashes].flat()]));
  } catch {
    return undefined;
  }
}

/**
 * The files that ecagen generated into the folder before and that are no part of the program any more, as those of
 * another language. What was changed since is not among them, nor what this run has read.
 *
 * @param paths the files of the program
 */
export function staleFiles(folder: string, known: KnownFiles, paths: readonly string[]): readonly string[] {
  return [...known].flatMap(([path, hashes]) => {
    if (paths.includes(path) || !existsSync(join(folder, path)) || wasRead(join(folder, path))) return [];
    const file = insideFolder(path, folder);
    return file !== undefined && hashes.includes(hashOfFile(file)) ? [path] : [];
  });
}

/** Removes files of a folder, and folders that have nothing in them then. */
export function removeFiles(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
    rmSync(join(folder, path), { force: true });
    for (let at = dirname(path); at !== "."; at = dirname(at)) removeIfEmpty(join(folder, at));
  }
}

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Removes what killed runs left in a folder and those in it; gives whether it has any other file. */
function removeAbandonedBelow(folder: string): boolean {
  removeAbandoned(folder);
  let hasFiles = false;
  for (const entry of entriesOf(folder)) {
    // Programs have no files in hidden folders, nor among the packages that were installed for them.
    const isOther = entry.name.startsWith(".") || entry.name === "node_modules";
    if (entry.isDirectory() && !isOther)
      hasFiles = removeAbandonedBelow(join(folder, entry.name)) || hasFiles;
    else if (!isTemporary(entry.name)) hasFiles = true;
  }
  return hasFiles;
}

const PIECE = 1 << 20;

/** SHA-256 of a file of a program, in hexadecimal; line ends of text count as the same on every system. */
export function hashOfFile(file: string): string {
  const source = RandomAccessFile.openOutput(file);
  try {
    const hash = createHash("sha256");
    let open = "";
    for (let at = 0; at < source.size; at += PIECE) {
      const piece = Buffer.from(source.read(at, Math.min(PIECE, source.size - at)).buffer);
      const text = open + piece.toString("latin1");
      // The other half of a line end can be in the next piece.
      open = text.endsWith("\r") ? "\r" : "";
      hash.update(text.slice(0, text.length - open.length).replaceAll("\r\n", "\n"), "latin1");
    }
    return hash.update(open, "latin1").digest("hex");
  } finally {
    source.close();
  }
}

function byPath<T>(files: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOTDIR" ? "it is not a folder" : (error as Error).message;
    throw InputError.of("file/no-folder", `${JSON.stringify(folder)} can't be written to: ${why}`, {
      file: folder,
    });
  }
}
