import { compareBytes, latin1, type OpenFile, utf8 } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { fileKind, LONGEST_FILE_START } from "../../base/file-kinds.js";
import { LatestBytes } from "./latest.js";
import { isNpy } from "./numpy/header.js";
import { npzTensors, readNpy } from "./numpy/read.js";
import { readSafetensors } from "./safetensors/read.js";
import type { TensorSource } from "./tensor-source.js";
import { torchRefused } from "./torch/conversion.js";
import { checkpointFolder, torchTensors } from "./torch/read.js";
import { readZip, type Unpacking } from "./zip/read.js";

const KNOWN =
  "known: safetensors (also a folder of shards with its index), .npy, .npz, PyTorch's zip format, ONNX";
const ZIP_STARTS = ["PK\x03\x04", "PK\x05\x06"].map(utf8);
/** Protocol 2, and PyTorch's magic number as ten bytes of an integer. */
const LEGACY_TORCH = Uint8Array.of(
  0x80,
  2,
  0x8a,
  10,
  0x6c,
  0xfc,
  0x9c,
  0x46,
  0xf9,
  0x20,
  0x6a,
  0xa8,
  0x50,
  0x19,
  0x2e,
);
/** Before that, PyTorch wrote a tar archive; the first file in it is one of these. */
const TAR_TORCH = /^(sys_info|pickle|storages|tensors)\0.{0,255}ustar/s;
/** The length of a safetensors header has eight bytes; its last ones are zero, as those of no text are. */
const SAFETENSORS = /^.{7}\0\{/s;

/**
 * A file of tensors, recognised by its content. Takes the file over: closes it with the source, or when it is refused.
 *
 * Errors: `InputError` for a file of no known format, and for a broken one.
 *
 * @param key what to take of a checkpoint of several state dicts
 */
export function readTensors(file: OpenFile, unpacking: Unpacking, key?: string): TensorSource {
  const { file: path } = file;
  const start = file.read(0, Math.min(file.size, LONGEST_FILE_START));
  if (isNpy(start)) return readNpy(file);
  if (ZIP_STARTS.some((zip) => startsWith(start, zip))) return readArchive(file, unpacking, key);
  const text = latin1(start);
  const kind = SAFETENSORS.test(text) ? undefined : fileKind(start);
  // A broken file gets the message of the format that its name promises.
  if (kind === undefined && (path.endsWith(".safetensors") || text[8] === "{")) return readSafetensors(file);
  file.close();
  if (startsWith(start, LEGACY_TORCH) || TAR_TORCH.test(text)) {
    throw torchRefused(path, "is a PyTorch checkpoint from before PyTorch 1.6, which is not read", {
      kind: "old",
    });
  }
  const what = kind === undefined ? "file of tensors that ecagen knows" : `file of tensors: it is ${kind.is}`;
  throw InputError.of("weights/unknown-format", `${path} is no ${what}`, {
    file: path,
    hint: kind?.hint ?? KNOWN,
  });
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return compareBytes(bytes.subarray(0, start.length), start) === 0;
}

/** A zip archive: a PyTorch checkpoint, or NumPy arrays. */
function readArchive(file: OpenFile, unpacking: Unpacking, key: string | undefined): TensorSource {
  try {
    const latest = new LatestBytes();
    const archive = readZip(file, unpacking);
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
