import { InputError } from "../base/diagnostic.js";

/** The versions of the ONNX operator set (domain `ai.onnx`) that ecagen writes and reads. */
export const OPSETS = { first: 13, last: 21, default: 17 } as const;

/** The version of the file format that files get: 8 holds everything needed, and old runtimes accept it. */
export const IR_VERSION = 8;

export function checkOpset(opset: number): void {
  if (Number.isInteger(opset) && opset >= OPSETS.first && opset <= OPSETS.last) return;
  throw InputError.of("onnx/opset", `opset ${opset} is not supported: ${OPSETS.first} to ${OPSETS.last} are`);
}
