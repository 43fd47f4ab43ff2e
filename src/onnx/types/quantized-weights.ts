import { isDefaultDomain } from "../file/opset.js";
import type { NodeMessage } from "../file/proto.js";

/**
 * The inputs of quantized operators that are weights or biases in whole numbers. All others are scales and zero points, which
 * calibration gives.
 *
 * Source: https://onnx.ai/onnx/operators/ and
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  DequantizeLinear: [0],
  ConvInteger: [0, 1],
  MatMulInteger: [0, 1],
  QLinearConv: [0, 3, 8],
  QLinearMatMul: [0, 3],
  "com.microsoft.DequantizeLinear": [0],
  "com.microsoft.QLinearConv": [0, 3, 8],
  "com.microsoft.QGemm": [0, 3, 6],
  "com.microsoft.DynamicQuantizeMatMul": [0, 1, 4],
  "com.microsoft.MatMulIntegerToFloat": [0, 1, 6],
  "com.microsoft.DynamicQuantizeLSTM": [1, 2, 3],
};

/** The names of a node's inputs that may be quantized weights; undefined for an operator without any. */
export function quantizedWeights({ opType, domain, input }: NodeMessage): ReadonlySet<string> | undefined {
  const slots = WEIGHTS[isDefaultDomain(domain) ? (opType ?? "") : `${domain}.${opType}`];
  return slots && new Set(slots.map((slot) => input?.[slot] ?? ""));
}
