import { type ByteSink, compareBytes, utf8 } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import { isUnicode, quoteName } from "../../../base/visible-text.js";
import { FILE_DTYPE_NAMES, fileByteCount } from "../file-dtypes.js";
import type { OutgoingTensor } from "../tensor-source.js";
import { METADATA_KEY } from "./header-syntax.js";

/** A safetensors file that is still to be written. */
export interface SafetensorsFile {
  readonly bytes: number;
  /** One piece is in memory at a time. `onProgress` is told how much of all bytes is written, from 0 to 1. */
  writeTo(sink: ByteSink, onProgress?: (part: number) => void): Promise<void>;
}

/** The header is filled up to whole words of this many bytes. */
const ALIGNMENT = 8;

/**
 * A safetensors file, byte for byte as the reference implementation writes it: the widest element types first, then by name.
 *
 * Errors: `InputError` for names that the format can't hold; `file` is the file's name in it.
 */
export function safetensorsFile(
  file: string,
  tensors: readonly OutgoingTensor[],
  metadata: ReadonlyMap<string, string>,
): SafetensorsFile {
  refuseNames(file, tensors);
  const sorted = [...tensors].sort(byTypeThenName);
  const { header, dataBytes } = headerOf(sorted, metadata);
  return {
    bytes: 8 + header.length + dataBytes,
    async writeTo(sink, onProgress) {
      const length = new DataView(new ArrayBuffer(8));
      length.setBigUint64(0, BigInt(header.length), true);
      await sink.write(new Uint8Array(length.buffer));
      await sink.write(header);
      let done = 0;
      for (const tensor of sorted) {
        for (const piece of tensor.pieces()) {
          await sink.write(piece);
          done += piece.length;
          onProgress?.(done / dataBytes);
        }
      }
    },
  };
}

function headerOf(
  tensors: readonly OutgoingTensor[],
  metadata: ReadonlyMap<string, string>,
): { header: Uint8Array; dataBytes: number } {
  const entries: string[] = [];
  if (metadata.size > 0) {
    // Sorted, because the reference's order is a hash map's, which is another one in every run.
    const sorted = [...metadata].sort(([a], [b]) => compareText(a, b));
    const texts = sorted.map((entry) => entry.map((text) => JSON.stringify(text)).join(":"));
    entries.push(`"${METADATA_KEY}":{${texts.join(",")}}`);
  }
  let end = 0;
  for (const { name, dtype, dims } of tensors) {
    const begin = end;
    end += fileByteCount(dims, dtype) ?? Number.NaN;
    entries.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: dims, data_offsets: [begin, end] })}`,
    );
  }
  const json = utf8(`{${entries.join(",")}}`);
  const header = new Uint8Array(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(" ".charCodeAt(0));
  header.set(json);
  return { header, dataBytes: end };
}

function byTypeThenName(a: OutgoingTensor, b: OutgoingTensor): number {
  const types = FILE_DTYPE_NAMES.indexOf(b.dtype) - FILE_DTYPE_NAMES.indexOf(a.dtype);
  return types !== 0 ? types : compareText(a.name, b.name);
}

/** By code points, as UTF-8 sorts. */
function compareText(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}

function refuseNames(file: string, tensors: readonly OutgoingTensor[]): void {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const { name } of tensors) {
    if (name === METADATA_KEY) problems.push(`a tensor can't have the name ${METADATA_KEY}`);
    else if (!isUnicode(name)) problems.push(`the name ${quoteName(name)} is no Unicode text`);
    else if (seen.has(name)) problems.push(`there are two tensors ${quoteName(name)}`);
    seen.add(name);
  }
  if (problems.length > 0) throw InputError.ofFile("weights/name", file, " can't be written", problems);
}
