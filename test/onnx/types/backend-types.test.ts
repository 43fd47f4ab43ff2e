import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type TensorType, UNKNOWN_TYPE } from "../../../src/ir/types.js";
import { readDocument } from "../../../src/onnx/file/document.js";
import { ModelProto, type ValueInfoMessage } from "../../../src/onnx/file/proto.js";
import { declaredType } from "../../../src/onnx/file/value-info.js";
import { ownFunctions } from "../../../src/onnx/types/functions.js";
import { Operators, STANDARD_RULES, settledType } from "../../../src/onnx/types/operators.js";
import type { TypeScope } from "../../../src/onnx/types/rule-node.js";
import { smallTensorNumbers } from "../../../src/onnx/types/small-tensor.js";
import { skip } from "../../skip.js";
import { type BackendTest, backendTests, HAS_BACKEND_TESTS, tensorOf } from "../backend-data.js";

const test = suite("onnx: types that the rules say");

/**
 * Of the outputs of ONNX's backend tests those whose type is exactly what ONNX declares; whose rank and element type are, with
 * sizes that only a run has; and of which no rule says anything: training, sequences, and Scan as it was in opset 8.
 */
const COUNTS = { exact: 1129, open: 56, nothing: 56 };

/** The operators of ONNX's own domain in all opsets up to 26. Source: https://onnx.ai/onnx/operators/ */
const OPERATORS =
  `Abs Acos Acosh Add Affine And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Bernoulli BitCast BitShift
  BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat
  ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout
  DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
  GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid
  HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less
  LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean
  MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not
  OneHot Optional OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization
  RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
  ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize
  ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu SequenceAt SequenceConstruct
  SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
  SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer
  StringSplit Sub Sum Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze
  Upsample Where Xor`.split(/\s+/);

/** What the rules say of a model's outputs, each beside what ONNX declares. */
interface Judged {
  readonly operator: string;
  readonly name: string;
  readonly said: TensorType;
  readonly declared: TensorType;
}

/** The types of a model's outputs by the rules alone, from its inputs' types and the numbers of the test's data. */
function judged({ name: test, model: path, inputs: given }: BackendTest): readonly Judged[] {
  const bytes = readFileSync(path);
  const range = {
    size: bytes.length,
    readInto: (target: Uint8Array, at: number) => target.set(bytes.subarray(at, at + target.length)),
  };
  const document = readDocument(range, path);
  const graph = ModelProto.decode(bytes).graph ?? {};
  const operators = new Operators(document.model, ownFunctions(document));
  const types = new Map<string, TensorType>();
  const numbers = new Map<string, readonly number[]>();
  const scope: TypeScope = {
    typeOf(each) {
      const type = types.get(each);
      return type === undefined || (type.dtype === "other" && type.dims.length === 0) ? undefined : type;
    },
    numbersOf: (each) => numbers.get(each),
    isConstant: () => false,
  };
  (graph.input ?? []).forEach((info, i) => {
    types.set(info.name ?? "", declaredType(info as ValueInfoMessage));
    const data = given[i] && tensorOf(given[i]);
    const known = data && smallTensorNumbers(data).numbers;
    if (known) numbers.set(info.name ?? "", known);
  });
  for (const tensor of graph.initializer ?? []) {
    const known = smallTensorNumbers(tensor);
    types.set(tensor.name ?? "", known.type);
    if (known.numbers) numbers.set(tensor.name ?? "", known.numbers);
  }
  for (const node of graph.node ?? []) {
    const results = operators.typesOf(node, scope);
    (node.output ?? []).forEach((each, i) => {
      if (each === "") return;
      types.set(each, settledType(each, results[i], UNKNOWN_TYPE));
      const value = node.opType === "Constant" ? node.attribute?.[0]?.t : undefined;
      const known = value && smallTensorNumbers(value).numbers;
      if (known) numbers.set(each, known);
    });
  }
  const only = graph.node?.length === 1 ? (graph.node[0]?.opType ?? "") : "several";
  return (graph.output ?? [])
    .filter(({ type }) => type?.tensorType)
    .map((info) => ({
      operator: only,
      name: `${test} ${info.name}`,
      said: types.get(info.name ?? "") ?? UNKNOWN_TYPE,
      declared: declaredType(info as ValueInfoMessage),
    }));
}

function verdict({ said, declared }: Judged): "exact" | "open" | "nothing" | "wrong" {
  if (said.dtype === "other") return "nothing";
  if (said.dtype !== declared.dtype || said.dims.length !== declared.dims.length) return "wrong";
  const pairs = said.dims.map((dim, axis) => [dim, declared.dims[axis]] as const);
  if (pairs.some(([a, b]) => typeof a === "number" && typeof b === "number" && a !== b)) return "wrong";
  return pairs.every(([a, b]) => a === b || typeof b === "string") ? "exact" : "open";
}

const DECLARED = "the rules say the types that ONNX's own tests declare, and none that contradicts them";
if (!HAS_BACKEND_TESTS) skip(DECLARED, "libonnx-testdata is not installed");
(HAS_BACKEND_TESTS ? test : test.skip)(DECLARED, () => {
  const all = backendTests().flatMap(judged);
  const counts: Record<string, number> = {};
  for (const each of all) counts[verdict(each)] = (counts[verdict(each)] ?? 0) + 1;
  const wrong = all.filter((each) => verdict(each) === "wrong");
  assert.equal(wrong, []);
  assert.equal(counts, COUNTS);
  const nothing = new Set(all.filter((each) => verdict(each) === "nothing").map(({ operator }) => operator));
  assert.equal([...nothing].sort(), ["Adagrad", "Adam", "Momentum", "OptionalGetElement", "Scan", "several"]);
});

test("every operator of ONNX has a rule, but those of sequences and optional values", () => {
  const without = OPERATORS.filter((operator) => !STANDARD_RULES.has(operator));
  assert.equal(without, [
    ...["ConcatFromSequence", "Optional", "OptionalGetElement", "SequenceAt", "SequenceConstruct"],
    ...["SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceMap", "SplitToSequence"],
  ]);
});

test.run();
