import { statSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";
import { didYouMean } from "../base/suggest.js";
import { readRecorded } from "../files/read-file.js";
import { MAX_FILE_SIZE, tooLarge } from "./json-limits.js";
import { shippedSpecs, shippedSpecsFolder } from "./shipped.js";

/** Gives a file's text, or throws an error with a `code` as Node's file functions do. */
export type ReadFile = (file: string) => string;

/** A file's text, which must be UTF-8 and of a bearable size. */
export const readTextFile: ReadFile = (file) => {
  const stat = statSync(file);
  // Devices and pipes have no size, and some have no end.
  if (!stat.isFile() && !stat.isDirectory()) {
    throw InputError.of("spec/unreadable", `${file} is no regular file`, { file });
  }
  if (stat.size > MAX_FILE_SIZE) throw tooLarge(file);
  const bytes = readRecorded(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw InputError.of("spec/encoding", "the file is not UTF-8 text", { file });
  }
};

/**
 * Reads the spec that `reference` names, seen from `folder`: a path, or the bare name of a spec in that folder or
 * of one that ships with ecagen. `place` says who asked, for the message of a spec that is not there.
 */
export function readSpec(
  reference: string,
  folder: string,
  read: ReadFile,
  place: Pick<Diagnostic, "path" | "range"> = {},
): SourceText {
  const files = candidates(reference, folder);
  let failure: { readonly file: string; readonly code: unknown } | undefined;
  for (const file of files) {
    try {
      return { file, text: read(file).replace(/^\uFEFF/, "") };
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      // A file that can't be read says more than the absence of the other candidates.
      if (failure === undefined || error.code !== "ENOENT") failure = { file, code: error.code };
    }
  }
  throw unreadable(reference, failure?.file ?? reference, failure?.code, place);
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

function unreadable(
  reference: string,
  file: string,
  code: unknown,
  place: Pick<Diagnostic, "path" | "range">,
): InputError {
  const where = place.range === undefined ? { file } : place;
  if (code === "EISDIR") return InputError.of("spec/is-folder", `${file} is a folder, not a file`, where);
  if (code === "ENOENT" || code === "ENOTDIR") {
    const hint = didYouMean(basename(reference).replace(/\.json$/, ""), shippedSpecs());
    const what = isBare(reference) && !reference.endsWith(".json") ? `spec ${reference}` : `file ${file}`;
    return InputError.of("spec/not-found", `there is no ${what}`, {
      ...where,
      hint: hint?.startsWith("did") ? hint : "`ecagen list` shows the specs that ship with ecagen",
    });
  }
  return InputError.of("spec/unreadable", `${file} can't be read (${String(code)})`, where);
}
