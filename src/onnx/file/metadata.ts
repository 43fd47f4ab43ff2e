import { InputError } from "../../base/diagnostic.js";
import { RandomAccessFile } from "../../files/random-access-file.js";
import { FIELD, StringStringEntryProto } from "./proto.js";
import { WireProblem, WireReader } from "./wire.js";

/**
 * What an ONNX file says of itself, its `metadata_props`. The file is walked over, not held: its weights are not read.
 *
 * Errors: `InputError` for a file that can't be read or is no model.
 */
export function readMetadata(path: string): ReadonlyMap<string, string> {
  const file = RandomAccessFile.open(path);
  try {
    const wire = new WireReader(file);
    const fields = [...wire.fields(0, file.size)];
    if (!fields.some(({ number }) => number === FIELD.modelGraph)) throw new WireProblem("it has no graph");
    const entries = fields
      .filter(({ number }) => number === FIELD.modelMetadata)
      .map(({ start, end }) => StringStringEntryProto.decode(wire.read(start, end)));
    return new Map(entries.map(({ key, value }) => [key, value]));
  } catch (error) {
    if (error instanceof InputError) throw error;
    // protobufjs has no error class of its own for bytes that make no message.
    const why = error instanceof Error ? error.message : String(error);
    throw InputError.of("onnx/no-model", `${path} is no ONNX model: ${why}`, { file: path });
  } finally {
    file.close();
  }
}
