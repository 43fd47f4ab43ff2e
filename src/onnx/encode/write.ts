import { createHash, type Hash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { ByteSink } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { type FileTransaction, inTransaction } from "../../files/atomic-file.js";
import { realPath, wasRead } from "../../files/files-read.js";
import { refuseOverwriting } from "../../files/refuse-overwriting.js";
import { writableTarget } from "../../files/writable-target.js";
import { bytesOf, encodeElements } from "../../weights/values/elements.js";
import { encodeHalf, type HalfRounding } from "../../weights/values/half.js";
import { weightChunks } from "../../weights/values/materialize.js";
import { dataFileName, hashOfOutput, OutdatedData } from "../file/data-files.js";
import type { EncodedModel } from "./export.js";
import {
  type FileLayout,
  LARGEST_MESSAGE,
  layoutExternal,
  layoutModel,
  type ModelLayout,
  type ModelParts,
  type Segment,
} from "./layout.js";

export interface WriteOptions {
  /** The seed of the random weights. */
  readonly seed: number;
  /** Puts the large tensors into a file beside the model, named after their content. Default: only where one file would exceed 2 GiB. */
  readonly externalData?: boolean | undefined;
  /** Whether to compute the files' sha256, a tenth of the whole time. Default: true. */
  readonly digest?: boolean | undefined;
  /** Counts what rounding to float16 does to the numbers. */
  readonly rounding?: HalfRounding | undefined;
  /** Is told how much of all bytes is made, from 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
}

export interface WrittenFile {
  readonly bytes: number;
  /** Of the file's content, in hexadecimal, where it was asked for. */
  readonly sha256?: string;
}

export interface WrittenModel extends WrittenFile {
  /** The file beside the model that holds its large tensors. */
  readonly externalData?: WrittenFile & { readonly file: string };
}

/**
 * Writes a model, making its weights as they are written: memory does not grow with the model. The files
 * appear as a whole or not at all; where there was a model before, its data file is replaced with it.
 *
 * Errors: `InputError` where a file can't be written.
 */
export function writeModel(
  file: string,
  encoded: EncodedModel | ModelParts,
  options: WriteOptions,
): Promise<WrittenModel> {
  return inTransaction((transaction) => addModel(transaction, file, encoded, options));
}

/** `writeModel` together with other files. */
export async function addModel(
  transaction: FileTransaction,
  file: string,
  encoded: EncodedModel | ModelParts,
  options: WriteOptions,
): Promise<WrittenModel> {
  refuseOverwriting([file]);
  // Beside the file itself, where `file` is a link to it: the model names its data without a folder.
  const target = writableTarget(file);
  const outdated = new OutdatedData(target);
  transaction.afterwards(
    () => outdated.remember(),
    () => outdated.forget(),
  );
  const { model, data } = chooseLayout(encoded, options, dataFileName(target, NO_DIGEST));
  const progress = progressOver(model.byteLength + (data?.byteLength ?? 0), options.onProgress);
  const written =
    data === undefined
      ? await writeDigested(await transaction.open(file), model, options, progress)
      : await addBoth(transaction, file, data, encoded, options, progress);
  transaction.settle();
  transaction.afterwards(() => outdated.remove());
  return written;
}

/** As long as a digest, so that the model has its length before its data has its name. */
const NO_DIGEST = "0".repeat(64);

/** Writes model and data. The data takes its place first, under a name that no other content has. */
async function addBoth(
  transaction: FileTransaction,
  file: string,
  data: FileLayout,
  encoded: EncodedModel | ModelParts,
  options: WriteOptions,
  progress: (bytes: number) => void,
): Promise<WrittenModel> {
  const target = writableTarget(file);
  const dataSink = await transaction.openBeside(target);
  const hash = createHash("sha256");
  await writeFile(dataSink, data, options, progress, hash);
  const sha256 = hash.digest("hex");
  const dataFile = join(dirname(target), dataFileName(target, sha256));
  // A model that is rewritten may share its data with the new one.
  if (wasRead(dataFile) && hashOfOutput(dataFile) === sha256) await transaction.drop(dataSink);
  else dataSink.settle(dataFile);
  transaction.settle();
  const { model } = layoutExternal(encoded, basename(dataFile));
  const written = await writeDigested(await transaction.open(file), model, options, progress);
  const digest = options.digest === false ? {} : { sha256 };
  return { ...written, externalData: { file: shown(dataFile, file), bytes: data.byteLength, ...digest } };
}

/** The bytes that `writeModel` would write to one file, in memory. Errors: `InputError` above 2 GiB. */
export function modelBytes(
  encoded: EncodedModel | ModelParts,
  options: Pick<WriteOptions, "seed" | "rounding">,
): Uint8Array {
  const { model } = layoutModel(encoded);
  if (model.byteLength > LARGEST_MESSAGE) {
    throw InputError.of(
      "onnx/too-large",
      `the model has ${model.byteLength} bytes; one file holds at most 2 GiB`,
      {
        hint: "write it with external data",
      },
    );
  }
  const all = new Uint8Array(model.byteLength);
  let end = 0;
  for (const segment of model.segments) {
    for (const piece of piecesOf(segment, options)) {
      all.set(piece, end);
      end += piece.length;
    }
  }
  return all;
}

function chooseLayout(
  encoded: EncodedModel | ModelParts,
  options: WriteOptions,
  location: string,
): ModelLayout {
  const embedded = layoutModel(encoded);
  const external = options.externalData === true || embedded.model.byteLength > LARGEST_MESSAGE;
  return external ? layoutExternal(encoded, location) : embedded;
}

/** The path of a model's data file, as the model's was given: where that is no link, in the same folder. */
function shown(dataFile: string, model: string): string {
  const beside = join(dirname(model), basename(dataFile));
  return realPath(beside) === realPath(dataFile) ? beside : dataFile;
}

/** Writes a file and gives its size, and its sha256 where that is asked for. */
async function writeDigested(
  sink: ByteSink,
  layout: FileLayout,
  options: WriteOptions,
  progress: (bytes: number) => void,
): Promise<WrittenFile> {
  const hash = options.digest !== false ? createHash("sha256") : undefined;
  await writeFile(sink, layout, options, progress, hash);
  const { byteLength: bytes } = layout;
  return hash === undefined ? { bytes } : { bytes, sha256: hash.digest("hex") };
}

async function writeFile(
  sink: ByteSink,
  layout: FileLayout,
  options: WriteOptions,
  progress: (bytes: number) => void,
  hash: Hash | undefined,
): Promise<void> {
  for (const segment of layout.segments) {
    for (const piece of piecesOf(segment, options)) {
      hash?.update(piece);
      await sink.write(piece);
      progress(piece.length);
    }
  }
}

/** Numbers that are made at a time: few enough to stay in the processor's cache until they are written. */
const PIECE_ELEMENTS = 16384;

/** Bytes of another file that are held at a time. */
const COPIED_BYTES = 1 << 18;

/** The bytes of a segment; each piece is valid until the next one is asked for. */
function* piecesOf(
  segment: Segment,
  { seed, rounding }: Pick<WriteOptions, "seed" | "rounding">,
): Iterable<Uint8Array> {
  if (segment.kind === "bytes") return yield segment.bytes;
  if (segment.kind === "copy") return yield* copiedPieces(segment);
  const scratch = new Float32Array(Math.min(PIECE_ELEMENTS, segment.byteLength));
  for (const numbers of weightChunks(segment.expr, seed, PIECE_ELEMENTS)) {
    yield segment.dtype === "float16"
      ? bytesOf(encodeHalf(numbers, rounding, segment.name))
      : encodeElements(numbers, segment.dtype, scratch);
  }
}

function* copiedPieces({
  range,
  start,
  byteLength,
}: Extract<Segment, { kind: "copy" }>): Iterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(COPIED_BYTES, byteLength));
  for (let done = 0; done < byteLength; done += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, byteLength - done));
    range.readInto(piece, start + done);
    yield piece;
  }
}

function progressOver(total: number, report: WriteOptions["onProgress"]): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    report?.(done / total);
  };
}
