import { statSync } from "node:fs";
import { InputError } from "../../base/diagnostic.js";
import type { EncodedModel } from "../../onnx/encode/export.js";
import { metadataOf } from "../../onnx/file/document.js";
import { RandomAccessFile } from "../random-access-file.js";

/** The metadata that say which network a compiled file is of: the hash of its spec, and the passes that were run on it. */
const IDENTITY = ["ecagen.spec", "ecagen.passes"];

/**
 * What a user should know before a model is written to a file that they did not name: another network that is there now. Specs of one name in two
 * folders have one output.
 */
export function replacedNotes(file: string, { model }: EncodedModel): readonly string[] {
  if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) return [];
  const made = new Map((model.metadataProps ?? []).map(({ key, value }) => [key, value]));
  const found = metadataBefore(file);
  if (found !== undefined && IDENTITY.every((key) => found.get(key) === made.get(key))) return [];
  return [
    `${file} held another network, or an earlier version of this one, and is replaced; -o names another file`,
  ];
}

/** Metadata of what will be replaced; undefined where that is no model. */
function metadataBefore(file: string): ReadonlyMap<string, string> | undefined {
  try {
    const range = RandomAccessFile.openOutput(file);
    try {
      return metadataOf(range, file);
    } finally {
      range.close();
    }
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
