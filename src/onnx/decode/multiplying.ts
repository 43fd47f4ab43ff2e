import { isDefaultDomain, operatorKey } from "../file/opset.js";
import { bodiesOf, type ModelMessage, type NodeMessage } from "../file/proto.js";

/**
 * The operators of ONNX that multiply and add nothing that the field counts: element by element, moving, reducing, drawing.
 * Every other one does, or may: those with weights, those of other domains, and what newer versions bring.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
const NOT_MULTIPLYING: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Bernoulli BitCast BitShift BitwiseAnd
  BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat
  ConcatFromSequence Constant ConstantFill ConstantOfShape Cos Cosh CumProd CumSum DepthToSpace DequantizeLinear Det Div Dropout
  DynamicQuantizeLinear Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gelu GlobalAveragePool
  GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish
  Hardmax Identity ImageDecoder InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log
  LogSoftmax LpNormalization LpPool Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod
  Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement
  OptionalHasElement Or PRelu Pad Pow QuantizeLinear RMSNormalization RandomNormal RandomNormalLike RandomUniform RandomUniformLike
  Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
  ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round Scatter ScatterElements
  ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape Shrink Sigmoid Sign
  Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze
  StringConcat StringNormalizer StringSplit Sub Sum Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose
  Trilu Unique Unsqueeze Upsample Where Xor`.split(/\s+/),
);

/**
 * The same of ONNX Runtime's own operators, as its optimizer and its quantization write them.
 *
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const NOT_MULTIPLYING_OF_RUNTIME: ReadonlySet<string> = new Set(
  `BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BitmaskBiasDropout BitmaskDropout DequantizeLinear
  DynamicQuantizeLinear Expand FastGelu Gelu GroupNorm NhwcMaxPool Pad QLinearAdd QLinearAveragePool QLinearConcat
  QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear
  QuickGelu SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization Trilu Unique`.split(/\s+/),
);

/** The operators that run the nodes of their bodies, which decide. */
const WITH_BODIES: ReadonlySet<string> = new Set(["If", "Loop", "Scan", "SequenceMap"]);

/** A function that is called by so many others, one inside of the next, counts as one that multiplies. */
const DEEPEST = 100;

/** Says of the nodes of a model whether multiply-accumulates are in them, or may be: in bodies and functions too. */
export class Multiplying {
  readonly #functions: ReadonlyMap<string, readonly NodeMessage[]>;
  /** What is known of functions. One that calls itself has nothing more by that. */
  readonly #known = new Map<string, boolean>();
  #depth = 0;

  constructor({ functions }: ModelMessage) {
    this.#functions = new Map(
      (functions ?? []).map(({ name, domain, node }) => [operatorKey(name, domain), node ?? []] as const),
    );
  }

  of(node: NodeMessage): boolean {
    const operator = node.opType ?? "";
    const body = this.#functions.get(operatorKey(operator, node.domain));
    if (body !== undefined) return this.#ofFunction(operatorKey(operator, node.domain), body);
    const isKnown = isDefaultDomain(node.domain)
      ? NOT_MULTIPLYING.has(operator) || WITH_BODIES.has(operator)
      : node.domain === "com.microsoft" && NOT_MULTIPLYING_OF_RUNTIME.has(operator);
    return !isKnown || bodiesOf(node).some(({ node: inner }) => (inner ?? []).some((each) => this.of(each)));
  }

  #ofFunction(key: string, body: readonly NodeMessage[]): boolean {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#depth >= DEEPEST) return true;
    this.#known.set(key, false);
    this.#depth++;
    const multiplies = body.some((each) => this.of(each));
    this.#depth--;
    this.#known.set(key, multiplies);
    return multiplies;
  }
}
