import { type ByteRange, latin1, readRange } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import { quoteName } from "../../../base/visible-text.js";
import { FILE_DTYPES, type FileDType, fileByteCount } from "../file-dtypes.js";
import type { LatestBytes } from "../latest.js";
import { extentOf, stridedTensor } from "../strided.js";
import type { StoredTensor, TensorSource } from "../tensor-source.js";
import { torchRefused } from "./conversion.js";
import { readPickle } from "./pickle.js";
import { PickleProblem } from "./pickle-values.js";
import { type FoundStateDict, findStateDict, type TorchTensor, UnknownKey } from "./state-dict.js";

const PICKLE = "data.pkl";
/** A pickle of a million tensors is smaller; numbers lie outside of it. */
const LONGEST_PICKLE = 100_000_000;

/** The folder in the archive that holds a checkpoint, with its slash; undefined if the archive is none. */
export function checkpointFolder(archive: ReadonlyMap<string, ByteRange>): string | undefined {
  const path = [...archive.keys()].find((name) => name === PICKLE || /^[^/]+\/data\.pkl$/.test(name));
  return path?.slice(0, -PICKLE.length);
}

/**
 * The state dict of a PyTorch checkpoint (`.pt`, `.pth`) in the zip format of PyTorch 1.6 and later:
 *
 *     NAME/data.pkl    the pickle, which says which tensor is which part of which storage
 *     NAME/data/KEY    the numbers of a storage
 *
 * The pickle is read as data, see `readPickle`: no code of it runs.
 *
 * Errors: `InputError` for anything but tensors, and for a broken archive.
 */
export function torchTensors(
  file: string,
  archive: ReadonlyMap<string, ByteRange>,
  folder: string,
  latest: LatestBytes,
  key?: string,
): Pick<TensorSource, "tensors" | "metadata" | "notes"> {
  try {
    if (archive.has(`${folder}constants.pkl`))
      throw new PickleProblem("it is a TorchScript program", { kind: "script" });
    const order = archive.get(`${folder}byteorder`);
    if (order !== undefined && textOf(order) !== "little")
      throw new PickleProblem("its numbers are big-endian", { kind: "tensors" });
    const found = findStateDict(readPickle(bytesOf(archive.get(`${folder}${PICKLE}`))), key);
    const { under, tensors } = found;
    const entries = tensors.map((tensor) => {
      const storage = archive.get(`${folder}data/${tensor.storageKey}`);
      const result = tensorEntry(tensor, storage, latest);
      if (typeof result === "string")
        throw new PickleProblem(`${quoteName(tensor.name)} ${result}`, { kind: "tensors", under });
      return [tensor.name, result] as const;
    });
    return {
      tensors: new Map(entries),
      metadata: new Map(under === undefined ? [] : [["state dict", under]]),
      notes: key === undefined ? choiceNotes(file, found) : [],
    };
  } catch (error) {
    if (error instanceof UnknownKey) throw unknownKey(file, error.key, error.known);
    if (!(error instanceof PickleProblem)) throw error;
    throw torchRefused(file, `is not a readable PyTorch checkpoint: ${error.message}`, error.conversion);
  }
}

/** What a user should know about an automatic choice: that the weights are averaged ones, and that there are others. */
function choiceNotes(file: string, { under, others, isAveraged }: FoundStateDict): readonly string[] {
  if (under === undefined || others.length === 0) return [];
  const what = isAveraged ? "the averaged weights" : "the weights";
  return [
    `${file}: ${what} under ${quoteName(under)} are taken, not those under ${others.map((each) => quoteName(each)).join(" or ")}; --weights-key chooses`,
  ];
}

/** An error of a key that a file has no tensors under. */
export function unknownKey(file: string, key: string, known: readonly string[]): InputError {
  return InputError.of("weights/key", `${file} has no tensors under ${quoteName(key)}`, {
    file,
    hint:
      known.length === 0
        ? "its tensors are under no key; leave --weights-key out"
        : `tensors are under ${known.map((each) => quoteName(each)).join(", ")}`,
  });
}

/** The storage classes of PyTorch, which say the element type of what lies in them. */
const STORAGE_DTYPES: Readonly<Record<string, FileDType>> = {
  "torch.FloatStorage": "F32",
  "torch.DoubleStorage": "F64",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
  "torch.ComplexFloatStorage": "C64",
};

/** A tensor in its storage, or what is wrong with it. */
function tensorEntry(
  tensor: TorchTensor,
  storage: ByteRange | undefined,
  latest: LatestBytes,
): StoredTensor | string {
  const { name, dims, strides, offset, storageSize } = tensor;
  const dtype = Object.hasOwn(STORAGE_DTYPES, tensor.storageType)
    ? STORAGE_DTYPES[tensor.storageType]
    : undefined;
  if (dtype === undefined) return `lies in a ${tensor.storageType}, which is not read`;
  if (storage === undefined) return `has no data: the archive lacks data/${tensor.storageKey}`;
  const elementBytes = FILE_DTYPES[dtype].bits / 8;
  if (storage.size !== storageSize * elementBytes) {
    return `lies in a storage of ${storage.size} bytes that should have ${storageSize} elements of ${dtype}`;
  }
  const byteLength = fileByteCount(dims, dtype);
  const end = offset + extentOf(tensor);
  if (byteLength === undefined || !(end <= storageSize)) return `reaches past the end of its storage`;
  // One number for a whole axis: such a view can claim any size, and is no parameter.
  if (byteLength > storage.size) return "is larger than its storage: it repeats numbers";
  return stridedTensor({ name, dtype, dims, strides, byteLength }, storage, offset * elementBytes, latest);
}

function bytesOf(range: ByteRange | undefined): Uint8Array {
  if ((range?.size ?? 0) > LONGEST_PICKLE) {
    throw new PickleProblem(`its pickle has ${range?.size} bytes; at most ${LONGEST_PICKLE} are read`);
  }
  return range === undefined ? new Uint8Array(0) : readRange(range, 0, range.size);
}

function textOf(range: ByteRange): string {
  return latin1(bytesOf(range)).trim();
}
