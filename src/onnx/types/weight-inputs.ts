import type { ParameterRole } from "../../ir/graph.js";
import { type Dim, type DType, isIntegerType, isNumberDType } from "../../ir/types.js";
import { isDefaultDomain } from "../file/opset.js";
import type { NodeMessage } from "../file/proto.js";

/**
 * What the inputs of an operator are, by their indexes. `weights`: what a training changes, also where a Constant node holds it.
 * `whole`: the same in whole numbers; all other inputs are then scales and zero points, which calibration gives. `buffers`: running
 * statistics. `arguments`: what says how and is no weight, though it may be a list of floating-point numbers.
 */
interface Inputs {
  readonly weights?: readonly number[];
  readonly whole?: readonly number[];
  readonly buffers?: readonly number[];
  readonly arguments?: readonly number[];
}

const LAYER: Inputs = { weights: [1, 2] };
const TERMS: Inputs = { weights: [0, 1] };
const RECURRENT: Inputs = { weights: [1, 2, 3, 7], arguments: [4] };

/** Source: https://onnx.ai/onnx/operators/ and https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md */
const INPUTS: Readonly<Record<string, Inputs>> = {
  Add: TERMS,
  BatchNormalization: { weights: [1, 2], buffers: [3, 4] },
  Clip: { arguments: [1, 2] },
  Conv: LAYER,
  ConvInteger: { whole: [0, 1] },
  ConvTranspose: LAYER,
  DeformConv: { weights: [1, 3] },
  DequantizeLinear: { whole: [0] },
  Div: TERMS,
  GRU: RECURRENT,
  Gemm: { weights: [0, 1, 2] },
  GroupNormalization: LAYER,
  InstanceNormalization: LAYER,
  LSTM: RECURRENT,
  LayerNormalization: LAYER,
  MatMul: TERMS,
  MatMulInteger: { whole: [0, 1] },
  Mul: TERMS,
  NonMaxSuppression: { arguments: [2, 3, 4] },
  OneHot: { arguments: [1, 2] },
  PRelu: { weights: [1] },
  Pad: { arguments: [1, 2, 3] },
  QLinearConv: { whole: [0, 3, 8] },
  QLinearMatMul: { whole: [0, 3] },
  QuantizeLinear: { arguments: [1, 2] },
  RMSNormalization: { weights: [1] },
  RNN: RECURRENT,
  Resize: { arguments: [1, 2, 3] },
  Sub: TERMS,
  Upsample: { arguments: [1] },
  "com.microsoft.DequantizeLinear": { whole: [0] },
  "com.microsoft.DynamicQuantizeLSTM": { whole: [1, 2, 3] },
  "com.microsoft.DynamicQuantizeMatMul": { whole: [0, 1, 4] },
  "com.microsoft.FusedConv": LAYER,
  "com.microsoft.FusedGemm": { weights: [0, 1, 2] },
  "com.microsoft.FusedMatMul": TERMS,
  "com.microsoft.MatMulIntegerToFloat": { whole: [0, 1, 6] },
  "com.microsoft.QGemm": { whole: [0, 3, 6] },
  "com.microsoft.QLinearAdd": { whole: [0, 3] },
  "com.microsoft.QLinearConv": { whole: [0, 3, 8] },
  "com.microsoft.QLinearMul": { whole: [0, 3] },
};

/** What a tensor of the file is to a node that reads it. */
export interface TensorUse {
  readonly role: ParameterRole;
  /** Whether whole numbers are weights too: those of quantized networks. */
  readonly isWhole: boolean;
}

/**
 * What a tensor is to a node that no op can say. A tensor that a Constant node holds is a scale or a bound, unless the operator has a weight
 * there; an initializer is a weight, unless the operator has none there.
 */
export function tensorUse(
  { opType, domain, input }: NodeMessage,
  name: string,
  isConstant: boolean,
): TensorUse {
  const inputs = INPUTS[isDefaultDomain(domain) ? (opType ?? "") : `${domain}.${opType}`];
  const isAt = (indexes: readonly number[] | undefined): boolean =>
    indexes?.some((index) => input?.[index] === name) === true;
  if (inputs?.whole !== undefined) {
    const isWhole = isAt(inputs.whole);
    return { role: isWhole ? "trainable" : "fixed", isWhole };
  }
  if (isAt(inputs?.weights)) return { role: "trainable", isWhole: false };
  if (isAt(inputs?.buffers)) return { role: "buffer", isWhole: false };
  return { role: isConstant || isAt(inputs?.arguments) ? "fixed" : "trainable", isWhole: false };
}

/**
 * What a tensor of the file is to training, for a node that has it for `use`. A single number is a constant of the computation: nobody
 * trained it. Nor whole numbers, unless they are a quantized layer's.
 */
export function storedRole(
  {
    dtype,
    dims,
    isConstant,
  }: { readonly dtype: DType; readonly dims: readonly Dim[]; readonly isConstant: boolean },
  { role, isWhole }: TensorUse,
): ParameterRole {
  const single = dims.length === 0 || (isConstant && dims.every((size) => size === 1));
  const isFloat = isNumberDType(dtype) ? !isIntegerType(dtype) : dtype === "float64" || dtype === "bfloat16";
  return single || !(isFloat || isWhole) ? "fixed" : role;
}
