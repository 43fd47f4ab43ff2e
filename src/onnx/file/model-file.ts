import { InputError } from "../../base/diagnostic.js";
import { type ModelMessage, ModelProto } from "./proto.js";

/** Decodes the protobuf of an ONNX file. Errors: `InputError` for bytes that are no model. */
export function parseModel(bytes: Uint8Array, file: string): ModelMessage {
  const broken = (why: string): InputError =>
    InputError.of("onnx/no-model", `${file} is no ONNX model: ${why}`, { file });
  let model: ModelMessage;
  try {
    model = ModelProto.decode(bytes);
  } catch (error) {
    // protobufjs has no error class of its own for bytes that make no message.
    throw broken(error instanceof Error ? error.message : String(error));
  }
  if ((model.graph?.node ?? []).length === 0) throw broken("it has no graph");
  return model;
}
