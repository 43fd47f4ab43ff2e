import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import { readTensors } from "../../weights/formats/read.js";
import { INDEX_SUFFIX, readShards } from "../../weights/formats/safetensors/shards.js";
import type { TensorSource } from "../../weights/formats/tensor-source.js";
import { unknownKey } from "../../weights/formats/torch/read.js";
import { openBeside } from "../inside-folder.js";
import { RandomAccessFile } from "../random-access-file.js";
import { whyUnreadable } from "../read-file.js";
import { unpacking } from "./unpacking.js";

/**
 * Opens a file of tensors, or a folder of safetensors shards with their index. Files are recognised by their
 * content. `key`: what to take of a checkpoint of several state dicts. ONNX files are opened by `openInitializers`.
 *
 * Errors: `InputError` for a file that can't be read, has an unknown format, or is damaged.
 */
export function openTensors(path: string, key?: string): TensorSource {
  const names = folderEntries(path);
  const file = names === undefined ? path : onlyFile(path, names);
  const source = file.endsWith(INDEX_SUFFIX)
    ? openShards(file)
    : readTensors(RandomAccessFile.open(file), unpacking, key);
  if (key === undefined || source.format === "torch") return source;
  source.close();
  throw unknownKey(path, key, []);
}

function openShards(indexFile: string): TensorSource {
  const index = RandomAccessFile.open(indexFile);
  try {
    return readShards(index, openBeside(indexFile, RandomAccessFile.open, whyUnreadable));
  } finally {
    index.close();
  }
}

/** The names in a folder; undefined for what is none. */
function folderEntries(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR" || code === "ENOENT") return undefined;
    throw InputError.of("file/unreadable", `${path} can't be read: ${whyUnreadable(error)}`, { file: path });
  }
}

/** What a folder is named for: the index of its shards, or its one file of tensors. */
function onlyFile(folder: string, names: readonly string[]): string {
  const indexes = names.filter((name) => name.endsWith(INDEX_SUFFIX));
  const candidates = indexes.length > 0 ? indexes : names.filter((name) => name.endsWith(".safetensors"));
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return join(folder, only);
  const found = only === undefined ? "neither" : candidates.sort().join(", ");
  throw InputError.of(
    "weights/folder",
    `${folder} must have one index of shards (*${INDEX_SUFFIX}) or one .safetensors file; it has ${found}`,
    { file: folder, hint: "name the file itself" },
  );
}
