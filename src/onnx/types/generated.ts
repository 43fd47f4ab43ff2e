import { floorQuotient, minus, plus } from "../../ir/sizes.js";
import { type Dim, type DType, elementCount, MOST_VALUES } from "../../ir/types.js";
import { dtypeOfNumber } from "../file/element-types.js";
import { type TensorMessage, toInteger } from "../file/proto.js";
import { areNumbers, axisIn, type Inferred, type OpenDim, open, openDims } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** The element type that an attribute names, by number. */
function typeBy(node: RuleNode, absent: DType, attribute = "dtype"): DType {
  const number = node.optionalInt(attribute);
  return number === undefined ? absent : dtypeOfNumber(number);
}

/** The one element of a small tensor attribute, where it is a whole number. */
function elementIn(tensor: TensorMessage): number | undefined {
  const [listed] = [...(tensor.int64Data ?? []), ...(tensor.int32Data ?? [])];
  if (listed !== undefined) return toInteger(listed);
  const raw = tensor.rawData;
  if (!raw || raw.length === 0) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  switch (dtypeOfNumber(tensor.dataType)) {
    case "int64":
      return Number(view.getBigInt64(0, true));
    case "int32":
      return view.getInt32(0, true);
    case "bool":
      return view.getUint8(0);
    default:
      return undefined;
  }
}

/** Without a value zeros in float32. The sizes are the elements of the input. */
const constantOfShape: TypeRule = (node) => {
  const [sizes, value] = [node.values(0), node.tensor("value")];
  const dtype = value ? dtypeOfNumber(value.dataType) : "float32";
  const rank = node.dim(0, 0);
  const dims = sizes ?? openDims(rank);
  const element = value && elementIn(value);
  const count = areNumbers(dims) ? elementCount(dims) : Number.POSITIVE_INFINITY;
  const isKnown = element !== undefined && count <= MOST_VALUES;
  return [{ dtype, dims, values: isKnown ? new Array<Dim>(count).fill(element) : undefined }];
};

/** start, start + delta, … before limit. */
const range: TypeRule = (node) => {
  const [start, limit, delta] = [0, 1, 2].map((input) => node.values(input)?.[0] ?? node.numbers(input)?.[0]);
  const dtype = node.commonDType();
  if (start === undefined || limit === undefined || typeof delta !== "number" || delta === 0)
    return [open(dtype, 1)];
  const room = delta > 0 ? minus(limit, start) : minus(start, limit);
  const step = Math.abs(delta);
  const isWhole = typeof room !== "number" || (Number.isInteger(room) && Number.isInteger(step));
  const count = isWhole ? floorQuotient(plus(room, step - 1), step) : Math.ceil(room / step);
  const size = typeof count === "number" ? Math.max(0, count) : count;
  const isSmall = typeof size === "number" && size <= MOST_VALUES && Number.isInteger(delta);
  const values =
    isSmall && dtype.startsWith("int")
      ? Array.from({ length: size }, (_, i) => plus(start, i * delta))
      : undefined;
  return [{ dtype, dims: [size], values }];
};

/** Sizes of an attribute; `dtype` is float32 where it is left out. */
const random: TypeRule = (node) => [{ dtype: typeBy(node, "float32"), dims: node.ints("shape") }];

/** Like a tensor, whose element type it has as well unless it names one. */
const like: TypeRule = (node) => [{ dtype: typeBy(node, node.dtype(0)), dims: node.dims(0) }];

const window: TypeRule = (node) => [
  { dtype: typeBy(node, "float32", "output_datatype"), dims: [node.values(0)?.[0]] },
];

/** A one-sided transform has half of the positions and one more; the last axis is of the real and the imaginary part. */
const dft: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  const asInput = node.opset >= 20;
  const given = asInput ? (node.has(2) ? node.values(2)?.[0] : -2) : node.int("axis", 1);
  if (typeof given !== "number") return [open(node.dtype(0), dims.length)];
  const axis = axisIn(given, dims.length);
  const length: OpenDim = node.has(1) ? node.values(1)?.[0] : dims[axis];
  const [oneSided, inverse] = [node.int("onesided", 0) !== 0, node.int("inverse", 0) !== 0];
  const half = length !== undefined && oneSided && !inverse ? plus(floorQuotient(length, 2), 1) : length;
  // The inverse of a one-sided transform, as of opset 20, is real.
  const parts = oneSided && inverse && asInput ? 1 : 2;
  return [{ dtype: node.dtype(0), dims: (dims as readonly OpenDim[]).with(axis, half).with(-1, parts) }];
};

/** Frames of a signal [B, L, 1 or 2]: [B, frames, bins, 2]. */
const stft: TypeRule = (node) => {
  const [signal, step] = [node.dims(0), node.numbers(1)?.[0]];
  const frame = node.numbers(3)?.[0] ?? node.dim(2, 0);
  if (signal === undefined || signal[1] === undefined || step === undefined || frame === undefined)
    return [open(node.dtype(0), 4)];
  const frames = plus(floorQuotient(minus(signal[1], frame), step), 1);
  const bins = node.int("onesided", 1) !== 0 ? plus(floorQuotient(frame, 2), 1) : frame;
  return [{ dtype: node.dtype(0), dims: [signal[0], frames, bins, 2] }];
};

const melWeights: TypeRule = (node) => {
  const [bins, length] = [node.values(0)?.[0], node.values(1)?.[0]];
  const positions = length === undefined ? undefined : plus(floorQuotient(length, 2), 1);
  return [{ dtype: typeBy(node, "float32", "output_datatype"), dims: [positions, bins] }];
};

/** Zero points of the same sizes as their scales. */
const quantised: TypeRule = (node) => {
  const named = node.optionalInt("output_dtype");
  const dtype = node.has(2) ? node.dtype(2) : named ? dtypeOfNumber(named) : "uint8";
  return [{ dtype, dims: node.dims(0) }];
};

const dequantised: TypeRule = (node) => {
  const named = node.optionalInt("output_dtype");
  return [{ dtype: named ? dtypeOfNumber(named) : node.dtype(1), dims: node.dims(0) }];
};

const scalar = (dtype: DType): Inferred => ({ dtype, dims: [] });

const constant: TypeRule = (node) => {
  const value = node.tensor("value");
  if (value) return [{ dtype: dtypeOfNumber(value.dataType), dims: (value.dims ?? []).map(toInteger) }];
  const kinds = { value_int: "int64", value_float: "float32", value_string: "string" } as const;
  for (const [name, dtype] of Object.entries(kinds)) {
    if (node.hasAttribute(name)) return [scalar(dtype)];
    if (node.hasAttribute(`${name}s`)) return [{ dtype, dims: [node.listLength(`${name}s`) ?? 0] }];
  }
  return [undefined];
};

/** Rows of one number for each n-gram. */
const tfIdf: TypeRule = (node) => {
  const columns = Math.max(-1, ...(node.ints("ngram_indexes") ?? [])) + 1;
  return [{ dtype: "float32", dims: [...(node.dims(0)?.slice(0, -1) ?? []), columns] }];
};

/**
 * Operators whose results are of sizes or of element types that their arguments say: constants, ranges, random numbers,
 * windows and transforms, quantization, text.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const GENERATED: TypeRules = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  ...rulesFor("RandomNormal RandomUniform", random),
  ...rulesFor("RandomNormalLike RandomUniformLike Bernoulli EyeLike", like),
  Multinomial: (node) => [
    { dtype: typeBy(node, "int32"), dims: [node.dim(0, 0), node.int("sample_size", 1)] },
  ],
  ...rulesFor("BlackmanWindow HammingWindow HannWindow", window),
  DFT: dft,
  STFT: stft,
  MelWeightMatrix: melWeights,
  QuantizeLinear: quantised,
  DequantizeLinear: dequantised,
  DynamicQuantizeLinear: (node) => [
    { dtype: "uint8", dims: node.dims(0) },
    scalar("float32"),
    scalar("uint8"),
  ],
  StringNormalizer: (node) => [open("string", node.dims(0)?.length ?? 1)],
  StringConcat: (node) => [{ dtype: "string", dims: node.dims(0) }],
  RegexFullMatch: (node) => [{ dtype: "bool", dims: node.dims(0) }],
  StringSplit: (node) => [
    { dtype: "string", dims: node.dims(0) && [...(node.dims(0) ?? []), undefined] },
    { dtype: "int64", dims: node.dims(0) },
  ],
  TfIdfVectorizer: tfIdf,
  ...rulesFor("SequenceLength", () => [scalar("int64")]),
  ...rulesFor("OptionalHasElement", () => [scalar("bool")]),
  ImageDecoder: (node) => [
    {
      dtype: "uint8",
      dims: [undefined, undefined, node.string("pixel_format", "RGB") === "Grayscale" ? 1 : 3],
    },
  ],
};
