import type { ByteRange, OpenBeside } from "../../base/bytes.js";
import type { GivenBytes } from "../../onnx/decode/initializers.js";
import { metadataOf } from "../../onnx/file/document.js";
import { readInitializers } from "../../onnx/file/initializers.js";
import type { TensorSource } from "../../weights/formats/tensor-source.js";
import { openBeside } from "../inside-folder.js";
import { RandomAccessFile } from "../random-access-file.js";
import { recordExternalFiles } from "./record.js";

/**
 * The initializers of an ONNX file as a source of tensors, those with external data too. Errors: as of `readInitializers`.
 *
 * @param beside opens files with external data otherwise than in the folder of the model
 */
export function openInitializers(file: string, beside?: OpenBeside): TensorSource {
  return withFiles(file, (range, openData) => ({
    ...{ file, format: "onnx" as const, metadata: new Map() },
    tensors: readInitializers(range, file, beside ?? openData),
  }));
}

/** What an ONNX file says of itself. Errors: `InputError` for a file that can't be read or is no model. */
export function readMetadata(file: string): ReadonlyMap<string, string> {
  const range = RandomAccessFile.open(file);
  try {
    return metadataOf(range, file);
  } finally {
    range.close();
  }
}

/** The bytes of a model, with the data beside its file. */
export function givenBytes(bytes: Uint8Array, file: string): GivenBytes {
  return { bytes, file, openData: dataBeside(file) };
}

/** Files beside `file`, each open only while it is read: nothing would close what is decoded from memory. */
export function dataBeside(file: string): OpenBeside {
  return openBeside(file, openedWhenRead, messageOf);
}

function openedWhenRead(path: string): ByteRange {
  const opened = <T>(act: (file: RandomAccessFile) => T): T => {
    const file = RandomAccessFile.open(path);
    try {
      return act(file);
    } finally {
      file.close();
    }
  };
  return {
    size: opened(({ size }) => size),
    readInto: (target, offset) => opened((file) => file.readInto(target, offset)),
  };
}

/** Opens a file, and those beside it that `read` asks for; they stay open with what it gives. */
export function withFiles<T>(
  file: string,
  read: (range: ByteRange, openData: OpenBeside) => T,
): T & { close(): void } {
  const opened = new Map<string, RandomAccessFile>();
  const open = (path: string): RandomAccessFile => {
    const known = opened.get(path) ?? RandomAccessFile.open(path);
    opened.set(path, known);
    return known;
  };
  const close = (): void => {
    for (const each of opened.values()) each.close();
  };
  try {
    const range = open(file);
    recordExternalFiles(range, file);
    return { ...read(range, openBeside(file, open, messageOf)), close };
  } catch (error) {
    close();
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
