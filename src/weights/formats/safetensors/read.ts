import { type OpenFile, rangeOf } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import type { StoredTensor, TensorSource } from "../tensor-source.js";
import { type HeaderTensor, LONGEST_HEADER, parseHeader } from "./header.js";

/** Bytes before the header: its length, a uint64. */
const PREFIX_BYTES = 8;

/**
 * A safetensors file as a source of tensors. Only the header is held. Takes the file over: closes it with the
 * source, or when it is refused.
 *
 * Errors: `InputError` with everything that is wrong with the header.
 */
export function readSafetensors(file: OpenFile): TensorSource {
  try {
    const { json, dataStart } = headerText(file);
    const parsed = parseHeader(json, file.size - dataStart);
    if ("problems" in parsed) throw refused(file.file, parsed.problems);
    const { tensors, metadata } = parsed.header;
    return {
      file: file.file,
      format: "safetensors",
      tensors: new Map(tensors.map((tensor) => [tensor.name, storedTensor(file, tensor, dataStart)])),
      metadata,
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function storedTensor(file: OpenFile, tensor: HeaderTensor, dataStart: number): StoredTensor {
  const { name, dtype, dims, begin, end } = tensor;
  return {
    name,
    dtype,
    dims,
    byteLength: end - begin,
    readInto: rangeOf(file, dataStart + begin, end - begin).readInto,
  };
}

function headerText(file: OpenFile): { json: string; dataStart: number } {
  if (file.size < PREFIX_BYTES)
    throw refused(file.file, [
      `it has ${file.size} bytes, fewer than the ${PREFIX_BYTES} of its header's length`,
    ]);
  const prefix = file.read(0, PREFIX_BYTES);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > LONGEST_HEADER)
    throw refused(file.file, [`its header claims ${length} bytes; at most ${LONGEST_HEADER} are read`]);
  const dataStart = PREFIX_BYTES + Number(length);
  if (dataStart > file.size)
    throw refused(file.file, [
      `its header claims ${length} bytes, but only ${file.size - PREFIX_BYTES} follow`,
    ]);
  try {
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { json: utf8.decode(file.read(PREFIX_BYTES, Number(length))), dataStart };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refused(file.file, ["its header is no UTF-8"]);
  }
}

function refused(file: string, problems: readonly string[]): InputError {
  const hint = "download or export the file again: it is damaged, or not written to the format's rules";
  return InputError.ofFile("weights/safetensors", file, " is not a valid safetensors file", problems, hint);
}
