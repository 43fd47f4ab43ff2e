import * as z from "zod";
import { exponential } from "../../base/exponential.js";
import { type PrimitiveOp, plainOp, primitiveOp } from "../op.js";
import { elements, floats, type Operand } from "../operands.js";
import { elementAt, runningSum, type Tensor, zeros } from "../tensor.js";
import { formatType, refuse, sameDims } from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";
import { erfBySegments, erfOf } from "./error-function.js";
import { inexact, modelUnary, primitiveUnary, unary } from "./unary.js";

/** The ONNX operator set that brought HardSwish; for older ones `lower-activation` says it in two. */
export const HARD_SWISH_OPSET = 14;

/** The ONNX operator set that brought Mish; for older ones `lower-activation` says it in three operators. */
export const MISH_OPSET = 18;

/** A leaky ReLU of a slope that implementations share, as a word of specs. */
function leaky(slope: number, source: string) {
  return modelUnary({
    doc: `x where it is positive, else ${slope} · x`,
    source,
    apply: (x) => (x < 0 ? slope * x : x),
  });
}

/** log(1 + exp(x)) */
function softplus(x: number): number {
  // Without the larger of x and 0, exp would overflow.
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** exp(x) - 1, as inexact in float32 as it is there: it is computed from numbers around 1. */
function expm1Of(x: number, { data }: Tensor): number {
  return data instanceof Float64Array ? Math.expm1(x) : inexact(Math.expm1(x), 1);
}

/** Numbers below it have a double that is finite. */
const MOST_DOUBLED = 2 ** 1023;

const AXIS = () => z.strictObject({ axis: z.int().min(0) });

/** An op on the shares that the positions of an axis have of their exponentials' sum, by the logarithms of those. */
function softmaxOp(op: {
  readonly doc: string;
  readonly source: string;
  readonly finish: (logarithm: number) => number;
}): PrimitiveOp<{ readonly x: Operand<"one"> }, ReturnType<typeof AXIS>> {
  const { finish, ...facts } = op;
  return primitiveOp({
    ...facts,
    precision: { float32: "the sum of exponentials overflows, and shares of many places vanish" },
    operands: { x: floats },
    attributes: AXIS,
    infer({ x }, { axis }) {
      if (axis >= x.dims.length) refuse(`x has no axis ${axis}`);
      return x;
    },
    evaluate({ x }, { axis }) {
      const { dims, data } = logarithmsAlong(x, axis);
      return { dims, data: data.map(finish) };
    },
  });
}

function logarithmsAlong(x: Tensor, axis: number): Tensor {
  const y = zeros(x.dims, x);
  const size = elementAt(x.dims, axis);
  const inner = x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let start = 0; start < x.data.length; start += size * inner) {
    for (let i = start; i < start + inner; i++) {
      const positions = Array.from({ length: size }, (_, step) => i + step * inner);
      // Without the largest element, exp would overflow.
      const most = positions.reduce(
        (max, at) => Math.max(max, elementAt(x.data, at)),
        Number.NEGATIVE_INFINITY,
      );
      const share = (step: number): number => Math.exp(elementAt(x.data, elementAt(positions, step)) - most);
      const total = runningSum(size, share, x.data);
      for (const at of positions) y.data[at] = elementAt(x.data, at) - most - Math.log(total);
    }
  }
  return y;
}

/** Activations. Those that a spec may name stand in `ir/activations.ts` as well. */
export const activationOps = {
  relu: unary({
    onnx: { operator: "Relu" },
    doc: "max(x, 0)",
    precision: "half",
    apply: (x) => Math.max(x, 0),
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) {
        // A branch on the sign, as in Math.max, would be guessed wrong half of the time.
        const each = x[i] as number;
        const size = Math.abs(each);
        y[i] = size < MOST_DOUBLED ? (each + size) / 2 : Math.max(each, 0);
      }
    },
  }),
  relu6: modelUnary({
    doc: "min(max(x, 0), 6)",
    source: "MobileNetV2 (CVPR 2018), section 3.2",
    apply: (x) => Math.min(Math.max(x, 0), 6),
  }),
  sigmoid: unary({
    onnx: { operator: "Sigmoid" },
    doc: "1 / (1 + exp(-x))",
    precision: "half",
    apply: (x) => 1 / (1 + Math.exp(-x)),
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) y[i] = 1 / (1 + exponential(-(x[i] as number)));
    },
    computedFrom: "one",
  }),
  silu: modelUnary({
    doc: "x · sigmoid(x)",
    source: "Ramachandran et al., Searching for Activation Functions (2017)",
    apply: (x) => x / (1 + Math.exp(-x)),
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) y[i] = (x[i] as number) / (1 + exponential(-(x[i] as number)));
    },
    computedFrom: "itself",
  }),
  tanh: unary({ onnx: { operator: "Tanh" }, doc: "tanh(x)", precision: "half", apply: Math.tanh }),
  gelu: modelUnary({
    doc: "x/2 · (1 + erf(x / √2))",
    source: "Hendrycks and Gimpel, Gaussian Error Linear Units (2016), the exact form",
    apply: (x) => 0.5 * x * (1 + erfOf(x / Math.SQRT2)),
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) {
        const each = x[i] as number;
        y[i] = 0.5 * each * (1 + erfBySegments(each / Math.SQRT2));
      }
    },
    computedFrom: "itself",
  }),
  hard_sigmoid: primitiveUnary({
    doc: "min(max(x / 6 + 1/2, 0), 1)",
    source:
      "MobileNetV3 (ICCV 2019), section 5.2; https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 1/6",
    precision: "half",
    apply: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
    computedFrom: "one",
  }),
  "hard_sigmoid_0.2": modelUnary({
    doc: "min(max(x / 5 + 1/2, 0), 1)",
    source:
      "Keras 2 and PaddlePaddle, hard_sigmoid; https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with its own alpha, 0.2",
    apply: (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
    computedFrom: "one",
  }),
  hard_swish: unary({
    onnx: { operator: "HardSwish", since: HARD_SWISH_OPSET },
    doc: "x · hard_sigmoid(x)",
    source: "MobileNetV3 (ICCV 2019), section 5.2; https://onnx.ai/onnx/operators/onnx__HardSwish.html",
    precision: "half",
    apply: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) {
        const each = x[i] as number;
        y[i] = each * Math.min(Math.max(each / 6 + 0.5, 0), 1);
      }
    },
    computedFrom: "itself",
  }),
  softplus: unary({
    onnx: { operator: "Softplus" },
    doc: "log(1 + exp(x))",
    precision: "half",
    apply: softplus,
  }),
  mish: unary({
    onnx: { operator: "Mish", since: MISH_OPSET },
    doc: "x · tanh(softplus(x))",
    source: "Misra, Mish: A Self Regularized Non-Monotonic Activation Function (BMVC 2020)",
    precision: "half",
    apply: (x) => x * Math.tanh(softplus(x)),
    computedFrom: "itself",
  }),
  "leaky_relu_0.1": leaky(0.1, "Darknet, activations.h, leaky_activate"),
  "leaky_relu_0.01": leaky(0.01, "PyTorch's LeakyReLU, with the slope that it has where none is given"),
  "leaky_relu_0.001": leaky(0.001, "Ridnik et al., TResNet (WACV 2021), section 2.2"),

  sloped_hard_sigmoid: plainOp({
    onnx: { operator: "HardSigmoid", general: true, floats: { slope: "alpha", shift: "beta" } },
    doc: "min(max(slope · x + shift, 0), 1), of any slope",
    source: "https://onnx.ai/onnx/operators/onnx__HardSigmoid.html (alpha and beta)",
    precision: "half",
    operands: { x: floats },
    attributes: () => z.strictObject({ slope: z.number().default(0.2), shift: z.number().default(0.5) }),
    infer: ({ x }) => x,
    evaluate: ({ x: { dims, data } }, { slope, shift }) => ({
      dims,
      data: data.map((x) => Math.min(Math.max(slope * x + shift, 0), 1)),
    }),
  }),
  leaky_relu: plainOp({
    onnx: { operator: "LeakyRelu", floats: { slope: "alpha" } },
    doc: "x where it is positive, else slope · x",
    source: "https://onnx.ai/onnx/operators/onnx__LeakyRelu.html (alpha)",
    precision: "half",
    operands: { x: floats },
    attributes: () => z.strictObject({ slope: z.number().default(0.01) }),
    infer: ({ x }) => x,
    evaluate: ({ x: { dims, data } }, { slope }) => ({
      dims,
      data: data.map((x) => (x < 0 ? slope * x : x)),
    }),
  }),
  elu: plainOp({
    onnx: { operator: "Elu", floats: { scale: "alpha" } },
    doc: "x where it is positive, else scale · (exp(x) - 1)",
    source: "https://onnx.ai/onnx/operators/onnx__Elu.html (alpha)",
    precision: "half",
    operands: { x: floats },
    attributes: () => z.strictObject({ scale: z.number().default(1) }),
    infer: ({ x }) => x,
    evaluate: ({ x }, { scale }) => ({
      dims: x.dims,
      data: x.data.map((each) => (each < 0 ? scale * expm1Of(each, x) : each)),
    }),
  }),
  celu: plainOp({
    onnx: { operator: "Celu", since: 12, floats: { scale: "alpha" } },
    doc: "x where it is positive, else scale · (exp(x / scale) - 1)",
    source: "https://onnx.ai/onnx/operators/onnx__Celu.html (alpha; float32 alone)",
    precision: { float32: "ONNX has the operator for float32 alone" },
    operands: { x: elements("float32") },
    attributes: () => z.strictObject({ scale: z.number().default(1) }),
    infer: ({ x }) => x,
    evaluate: ({ x }, { scale }) => ({
      dims: x.dims,
      data: x.data.map((each) => (each < 0 ? scale * expm1Of(each / scale, x) : each)),
    }),
  }),
  prelu: plainOp({
    onnx: { operator: "PRelu" },
    doc: "x where it is positive, else slope · x, with slopes that were trained",
    precision: "half",
    operands: { x: floats, slope: floats },
    infer({ x, slope }) {
      if (!sameDims(broadcastDims(x.dims, slope.dims), x.dims)) {
        refuse(`a slope of ${formatType(slope)} can't be broadcast to ${formatType(x)}`);
      }
      return x;
    },
    evaluate: ({ x, slope }) => combineTensors(x, slope, (value, by) => (value < 0 ? by * value : value)),
  }),

  softmax: softmaxOp({
    doc: "exp(x) / Σ exp(x), the sum along an axis",
    source: "https://onnx.ai/onnx/operators/onnx__Softmax.html (opset 13 and later)",
    finish: Math.exp,
  }),
  log_softmax: softmaxOp({
    doc: "x - log(Σ exp(x)), the sum along an axis",
    source: "https://onnx.ai/onnx/operators/onnx__LogSoftmax.html (opset 13 and later)",
    finish: (logarithm) => logarithm,
  }),
};
