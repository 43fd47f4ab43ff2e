import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import { whyUnreadable } from "../../files/read-file.js";
import { LatestBytes } from "./latest-bytes.js";
import { isNpy } from "./numpy/header.js";
import { npzTensors } from "./numpy/npz.js";
import { readNpy } from "./numpy/read.js";
import { readSafetensors } from "./safetensors/read.js";
import { INDEX_SUFFIX, readShards } from "./safetensors/shards.js";
import type { TensorSource } from "./tensor-source.js";
import { checkpointFolder, torchRefused, torchTensors, unknownKey } from "./torch/read.js";
import { readZip } from "./zip/read.js";

/**
 * Opens a file of tensors, or a folder of safetensors shards with their index. Files are recognised by their
 * content. `key`: what to take of a checkpoint of several state dicts. ONNX files, which this room can't read, are opened by the driver's `openWeights`.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function openTensors(path: string, key?: string): TensorSource {
  const source = openAny(path, key);
  if (key === undefined || source.format === "torch") return source;
  source.close();
  throw unknownKey(path, key, []);
}

function openAny(path: string, key: string | undefined): TensorSource {
  const names = folderEntries(path);
  if (names !== undefined) return readFolder(path, names);
  if (path.endsWith(INDEX_SUFFIX)) return readShards(path);
  const file = RandomAccessFile.open(path);
  const start = file.read(0, Math.min(file.size, LONGEST_START));
  if (isNpy(start)) return readNpy(file);
  if (ZIP_STARTS.some((zip) => startsWith(start, zip))) return readArchive(file, key);
  // A broken file gets the message of the format that its name promises.
  if (path.endsWith(".safetensors") || start[8] === "{".charCodeAt(0)) return readSafetensors(file);
  file.close();
  if (startsWith(start, LEGACY_TORCH) || Buffer.from(start.subarray(TAR_AT)).toString("latin1") === TAR) {
    throw torchRefused(path, "is a PyTorch checkpoint from before PyTorch 1.6, which is not read");
  }
  throw InputError.of("weights/unknown-format", `${path} is no file of weights that ecagen knows`, {
    file: path,
    hint: "known: safetensors (also a folder of shards with its index), .npy, .npz, PyTorch's zip format, ONNX",
  });
}

const ZIP_STARTS = [Buffer.from("PK\x03\x04"), Buffer.from("PK\x05\x06")];
/** Protocol 2, and PyTorch's magic number as ten bytes of an integer. */
const LEGACY_TORCH = Buffer.from("80028a0a6cfc9c46f9206aa850192e", "hex");
const TAR = "ustar";
const TAR_AT = 257;
const LONGEST_START = TAR_AT + TAR.length;

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0;
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

/** A folder with the index of its shards, or with one file of tensors. */
function readFolder(folder: string, names: readonly string[]): TensorSource {
  const indexes = names.filter((name) => name.endsWith(INDEX_SUFFIX));
  const candidates = indexes.length > 0 ? indexes : names.filter((name) => name.endsWith(".safetensors"));
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) {
    const path = join(folder, only);
    return indexes.length > 0 ? readShards(path) : readSafetensors(RandomAccessFile.open(path));
  }
  const found = only === undefined ? "neither" : candidates.sort().join(", ");
  throw InputError.of(
    "weights/folder",
    `${folder} must have one index of shards (*${INDEX_SUFFIX}) or one .safetensors file; it has ${found}`,
    { file: folder, hint: "name the file itself" },
  );
}

/** A zip archive: a PyTorch checkpoint, or NumPy arrays. */
function readArchive(file: RandomAccessFile, key: string | undefined): TensorSource {
  try {
    const latest = new LatestBytes();
    const archive = readZip(file);
    const folder = checkpointFolder(archive);
    const common = { file: file.file, close: () => file.close() };
    return folder === undefined
      ? { ...common, format: "npz", tensors: npzTensors(file.file, archive, latest), metadata: new Map() }
      : { ...common, format: "torch", ...torchTensors(file.file, archive, folder, latest, key) };
  } catch (error) {
    file.close();
    throw error;
  }
}
