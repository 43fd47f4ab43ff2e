import type { Hash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { ByteSink } from "../../base/bytes.js";
import { type NumbersOptions, piecesOfFile } from "../../onnx/encode/bytes.js";
import type { EncodedModel } from "../../onnx/encode/export.js";
import {
  type FileLayout,
  LARGEST_MESSAGE,
  layoutExternal,
  layoutModel,
  type ModelLayout,
  type ModelParts,
} from "../../onnx/encode/layout.js";
import { type FileTransaction, inTransaction } from "../atomic-file.js";
import { realPath, wasRead } from "../files-read.js";
import { refuseOverwriting } from "../refuse-overwriting.js";
import { startSha256 } from "../system-hash.js";
import { writableTarget } from "../writable-target.js";
import { dataFileName, hashOfOutput, OutdatedData } from "./outdated-data.js";

export interface WriteOptions extends NumbersOptions {
  /** Puts the large tensors into a file beside the model, named after their content. Default: only where one file would exceed 2 GiB. */
  readonly externalData?: boolean | undefined;
  /** Whether to compute the files' sha256, a tenth of the whole time. Default: true. */
  readonly digest?: boolean | undefined;
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

/** Writes model and data. The data gets its name first, under a name that no other content has. */
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
  const hash = startSha256();
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
  const hash = options.digest !== false ? startSha256() : undefined;
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
  for (const piece of piecesOfFile(layout, options)) {
    hash?.update(piece);
    await sink.write(piece);
    progress(piece.length);
  }
}

function progressOver(total: number, report: WriteOptions["onProgress"]): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    report?.(done / total);
  };
}
