import type { Value } from "../../../ir/graph.js";
import type { AttributesInput, OpName } from "../../../ir/ops/registry.js";
import { refuse, type TensorType } from "../../../ir/types.js";
import type { WrittenNode } from "../../../ir/written-node.js";
import { channelsLast, inverseOf } from "../normal/view.js";

/** What an operator on whole steps is spelled with. Inputs are those of the operator, by their index; all values are real numbers. */
export interface Spelling {
  readonly node: WrittenNode;
  readonly result: TensorType;
  /** How many inputs there are, those that are left out too. */
  readonly inputs: number;
  has(input: number): boolean;
  /** The numbers of the steps at an input, whose scale and zero point are the next two. `axis`: that of several scales. */
  real(input: number, axis?: number): Value;
  /** The numbers of the steps at the first input, where an earlier op says their scale and zero point. */
  moved(): Value;
  /** The numbers of a bias, in steps of the product of two scales. */
  bias(input: number, scales: readonly [number, number]): Value;
  op<N extends OpName>(kind: N, operands: readonly Value[], attributes: AttributesInput<N>): Value;
}

/** An operator that computes whole steps of whole steps. */
export interface StepsOperator {
  /** The input that is the scale of the result, the next is its zero point; `same`: both are those of the first input. */
  readonly scale: number | "same";
  /** Whether the scale may be left out, where the result is real numbers. */
  readonly mayBeReal?: true;
  /** What it computes, in real numbers. Refuses (`refuse`) forms that no ops say. */
  readonly spell: (spelling: Spelling) => Value;
}

const unary = (spell: (x: Value, spelling: Spelling) => Value): StepsOperator => ({
  scale: 3,
  spell: (spelling) => spell(spelling.real(0), spelling),
});

const binary = (kind: "add" | "mul"): StepsOperator => ({
  scale: 6,
  spell: (spelling) => spelling.op(kind, [spelling.real(0), spelling.real(3)], {}),
});

function axisOf({ node }: Spelling, x: Value, absent: number): number {
  const axis = node.number("axis", absent);
  return axis < 0 ? axis + x.type.dims.length : axis;
}

/** With channels_last 1 maps are [N, ...sizes, C]. */
function channelsFirst(x: Value, { node, op }: Spelling, compute: (x: Value) => Value): Value {
  if (node.number("channels_last", 0) === 0) return compute(x);
  const permutation = channelsLast(x.type.dims.length) ?? refuse("its channels come last");
  const y = compute(op("transpose", [x], { permutation: [...inverseOf(permutation)] }));
  return op("transpose", [y], { permutation: [...permutation] });
}

function pairs(list: readonly number[] | undefined, absent: number): [number, number] {
  const [first = absent, second = absent, ...more] = list ?? [];
  return more.length > 0 ? refuse("it has more than two axes") : [first, second];
}

function padsOf(node: WrittenNode, axes: number): readonly number[] {
  const auto = node.string("auto_pad", "NOTSET");
  if (auto !== "NOTSET" && auto !== "VALID") refuse(`auto_pad ${auto} depends on sizes`);
  return (auto === "NOTSET" ? node.numbers("pads") : undefined) ?? new Array<number>(2 * axes).fill(0);
}

function fourPads(node: WrittenNode): [number, number, number, number] {
  const [top = 0, left = 0, bottom = 0, right = 0] = padsOf(node, 2);
  return [top, left, bottom, right];
}

/** https://onnx.ai/onnx/operators/onnx__QLinearConv.html */
const convolution: StepsOperator = {
  scale: 6,
  spell(spelling) {
    const { node, op } = spelling;
    const weight = spelling.real(3, 0);
    const bias = spelling.has(8) ? [spelling.bias(8, [1, 4])] : [];
    const group = node.number("group", 1);
    return channelsFirst(spelling.real(0), spelling, (x) => {
      if (weight.type.dims.length === 3) {
        const [before = 0, after = 0] = padsOf(node, 1);
        const [stride = 1] = node.numbers("strides") ?? [];
        const [dilation = 1] = node.numbers("dilations") ?? [];
        return op("conv_1d", [x, weight, ...bias], { stride, dilation, pads: [before, after], group });
      }
      const strides = pairs(node.numbers("strides"), 1);
      const dilations = pairs(node.numbers("dilations"), 1);
      return op("conv", [x, weight, ...bias], { strides, dilations, pads: fourPads(node), group });
    });
  },
};

const averagePool = unary((x, spelling) =>
  channelsFirst(x, spelling, (map) => {
    const { node, op } = spelling;
    if (node.number("ceil_mode", 0) !== 0) refuse("ceil_mode is not known");
    return op("avg_pool", [map], {
      kernel: pairs(node.numbers("kernel_shape"), 1),
      strides: pairs(node.numbers("strides"), 1),
      pads: fourPads(node),
      countPadding: node.number("count_include_pad", 0) !== 0,
    });
  }),
);

/** A · B + C, either transposed; C is in steps of the scales of both. */
const gemm: StepsOperator = {
  scale: 7,
  mayBeReal: true,
  spell(spelling) {
    const { node, op } = spelling;
    if (node.number("alpha", 1) !== 1) refuse("alpha is not 1");
    const [transposeA, transposeB] = [node.number("transA", 0) !== 0, node.number("transB", 0) !== 0];
    const operands = [spelling.real(0), spelling.real(3, transposeB ? 0 : 1)];
    const bias = spelling.has(6) ? [spelling.bias(6, [1, 4])] : [];
    const isLayer = !transposeA && transposeB && bias.every(({ type }) => type.dims.length === 1);
    return isLayer
      ? op("gemm", [...operands, ...bias], {})
      : op("general_gemm", [...operands, ...bias], { transposeA, transposeB });
  },
};

const concatenation: StepsOperator = {
  scale: 0,
  spell(spelling) {
    const parts = Array.from({ length: Math.floor((spelling.inputs - 2) / 3) }, (_, i) =>
      spelling.real(2 + 3 * i),
    );
    const [first = refuse("it joins nothing")] = parts;
    return spelling.op("concat", parts, { axis: axisOf(spelling, first, 1) });
  },
};

const product: StepsOperator = {
  scale: 6,
  spell: (spelling) => spelling.op("matmul", [spelling.real(0), spelling.real(3, 1)], {}),
};

const moving = (spell: (x: Value, spelling: Spelling) => Value): StepsOperator => ({
  scale: "same",
  spell: (spelling) => spell(spelling.moved(), spelling),
});

/** The same elements in other sizes. */
const reshaping = moving((x, { op, result }) => {
  const isCopied = (i: number): boolean => result.dims[i] === x.type.dims[i];
  const shape = result.dims.map((dim, i) => (typeof dim === "number" ? dim : isCopied(i) ? 0 : -1));
  return op("reshape", [x], { shape });
});

const maximumPool = moving((x, { node, op }) => {
  const isPlain = pairs(node.numbers("dilations"), 1).every((each) => each === 1);
  if (!isPlain || node.number("ceil_mode", 0) !== 0) refuse("ceil_mode and dilations are not known");
  const [kernel, strides] = [pairs(node.numbers("kernel_shape"), 1), pairs(node.numbers("strides"), 1)];
  return op("max_pool", [x], { kernel, strides, pads: fourPads(node) });
});

/** Those of ONNX itself, also what moves steps and knows nothing of numbers. */
const STANDARD: Readonly<Record<string, StepsOperator>> = {
  Flatten: reshaping,
  MaxPool: maximumPool,
  QLinearConv: convolution,
  QLinearMatMul: product,
  Reshape: reshaping,
  Squeeze: reshaping,
  Transpose: moving((x, { node, op }) => {
    const turned = x.type.dims.map((_, i) => x.type.dims.length - 1 - i);
    return op("transpose", [x], { permutation: [...(node.numbers("perm") ?? turned)] });
  }),
  Unsqueeze: reshaping,
};

/**
 * Those of ONNX Runtime, as its quantize_static writes them.
 *
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const OF_RUNTIME: Readonly<Record<string, StepsOperator>> = {
  QGemm: gemm,
  QLinearAdd: binary("add"),
  QLinearAveragePool: averagePool,
  QLinearConcat: concatenation,
  QLinearConv: convolution,
  QLinearGlobalAveragePool: unary((x, spelling) =>
    channelsFirst(x, spelling, (map) => spelling.op("global_avg_pool", [map], {})),
  ),
  QLinearLeakyRelu: unary((x, { node, op }) => op("leaky_relu", [x], { slope: node.number("alpha", 0.01) })),
  QLinearMul: binary("mul"),
  QLinearSigmoid: unary((x, { op }) => op("sigmoid", [x], {})),
};

/** The operator of a node, ONNX's own or ONNX Runtime's, if it computes whole steps of whole steps. */
export function stepsOperator(operator: string, domain: string): StepsOperator | undefined {
  const table = domain === "com.microsoft" ? OF_RUNTIME : STANDARD;
  const isKnown = domain === "com.microsoft" || domain === "" || domain === "ai.onnx";
  return isKnown && Object.hasOwn(table, operator) ? table[operator] : undefined;
}
