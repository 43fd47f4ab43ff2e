import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomStream } from "../../src/base/random.js";
import { withGradients } from "../../src/gradients/gradients.js";
import type { gradientRules } from "../../src/gradients/registry.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import type { OpName } from "../../src/ir/ops/registry.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { elementCount, type TensorType, tensorType } from "../../src/ir/types.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";

interface Case {
  readonly operands: readonly (readonly number[] | TensorType)[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The operands that are differentiated by; left out, all of floating-point numbers. */
  readonly by?: readonly number[];
  /** Whether operands are from 0.5 to 2. Else they are normal. */
  readonly positive?: true;
  /** How far operands are moved. Default: 1e-5. */
  readonly step?: number;
}

type Rules = typeof gradientRules;
type Differentiable = {
  [N in keyof Rules]: Rules[N] extends { readonly none: string } ? never : N;
}[keyof Rules];

const OF_ONE: readonly Case[] = [{ operands: [[2, 3, 2]] }];
const OF_POSITIVE: readonly Case[] = [{ operands: [[2, 3]], positive: true }];
const OF_TWO: readonly Case[] = [
  {
    operands: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    positive: true,
  },
  {
    operands: [
      [2, 3, 2],
      [3, 1],
    ],
    positive: true,
  },
  { operands: [[], [2, 3]], positive: true },
  {
    operands: [
      [4, 1],
      [1, 3],
    ],
    positive: true,
  },
];
const OF_SEVERAL: readonly Case[] = [{ operands: [[2, 3], [3], [2, 1]] }, { operands: [[4]] }];
const REDUCED: readonly Case[] = [
  { operands: [[2, 3, 4]], attributes: { axes: [1] } },
  { operands: [[2, 3, 4]], attributes: { axes: [0, 2], keepdims: false } },
];
const NOTHING: readonly Case[] = [];
const shape = (...values: readonly number[]): TensorType => tensorType([values.length], "int64", values);
const POOLED: readonly Case[] = [
  { operands: [[2, 3, 6, 5]], attributes: { kernel: [2, 2], strides: [2, 2] } },
  { operands: [[1, 2, 7, 6]], attributes: { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
  { operands: [[1, 2, 5, 5]], attributes: { kernel: [3, 2], pads: [1, 0, 2, 1] } },
];

/** Operands of each op that has derivatives. */
const CASES: { readonly [N in Differentiable]: readonly Case[] } = {
  abs: OF_ONE,
  ceil: NOTHING,
  floor: NOTHING,
  shape: NOTHING,
  erf: OF_ONE,
  exp: OF_ONE,
  log: OF_POSITIVE,
  neg: OF_ONE,
  reciprocal: OF_POSITIVE,
  sqrt: OF_POSITIVE,
  add: OF_TWO,
  sub: OF_TWO,
  mul: OF_TWO,
  div: OF_TWO,
  pow: OF_TWO,
  max: OF_SEVERAL,
  min: OF_SEVERAL,
  sum: OF_SEVERAL,
  clip: [{ operands: [[3, 4]], attributes: { low: -0.5, high: 0.7 } }],
  cast: [{ operands: [[3, 4]], attributes: { to: "float32" }, step: 0.5 }],
  relu: OF_ONE,
  sigmoid: OF_ONE,
  tanh: OF_ONE,
  hard_sigmoid: [{ operands: [[40]] }],
  hard_swish: [{ operands: [[40]] }],
  softplus: OF_ONE,
  mish: OF_ONE,
  elu: [{ operands: [[8]], attributes: { scale: 0.7 } }],
  celu: [{ operands: [[8]], attributes: { scale: 0.7 } }],
  leaky_relu: [{ operands: [[8]], attributes: { slope: 0.2 } }],
  sloped_hard_sigmoid: [{ operands: [[8]], attributes: { slope: 0.4, shift: 0.3 } }],
  prelu: [
    {
      operands: [
        [2, 3, 2, 2],
        [3, 1, 1],
      ],
    },
    { operands: [[6], [1]] },
  ],
  softmax: [
    { operands: [[3, 4]], attributes: { axis: 1 } },
    { operands: [[2, 3, 2]], attributes: { axis: 1 } },
  ],
  log_softmax: [{ operands: [[3, 4]], attributes: { axis: 0 } }],
  identity: OF_ONE,
  reshape: [{ operands: [[2, 6]], attributes: { shape: [0, -1, 3] } }],
  reshape_to: [{ operands: [[2, 6], shape(3, -1)] }],
  flatten: [{ operands: [[2, 3, 2]] }],
  squeeze: [{ operands: [[2, 1, 3]], attributes: { axes: [1] } }],
  unsqueeze: [{ operands: [[2, 3]], attributes: { axes: [0, 2] } }],
  transpose: [{ operands: [[2, 3, 4]], attributes: { permutation: [2, 0, 1] } }],
  slice: [{ operands: [[2, 7]], attributes: { axis: 1, start: 2, end: 5 } }],
  concat: [
    {
      operands: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      attributes: { axis: 1 },
    },
  ],
  expand: [{ operands: [[3, 1], shape(2, 3, 4)] }],
  pad: [{ operands: [[2, 3]], attributes: { before: [0, 1], after: [2, 0] } }],
  reduce_sum: REDUCED,
  reduce_mean: REDUCED,
  reduce_max: REDUCED,
  reduce_min: REDUCED,
  global_avg_pool: [{ operands: [[2, 3, 3, 2]] }, { operands: [[2, 3, 5]] }],
  global_max_pool: [{ operands: [[2, 3, 3, 2]] }],
  avg_pool: [
    ...POOLED,
    ...POOLED.map((each) => ({ ...each, attributes: { ...each.attributes, countPadding: true } })),
  ],
  max_pool: POOLED,
  batch_norm: [{ operands: [[2, 3, 2, 2], [3], [3], [3], [3]], by: [0, 1, 2], positive: true }],
  instance_norm: [{ operands: [[2, 3, 2, 3], [3], [3]] }],
  layer_norm: [
    { operands: [[2, 3, 4], [4], [4]], attributes: { axis: 2 } },
    {
      operands: [
        [2, 3, 4],
        [3, 1],
      ],
      attributes: { axis: 1 },
    },
  ],
  gemm: [
    { operands: [[2, 3], [4, 3], [4]] },
    {
      operands: [
        [2, 3],
        [4, 3],
      ],
    },
  ],
  general_gemm: [
    {
      operands: [[3, 2], [4, 3], [4]],
      attributes: { alpha: 0.5, beta: 2, transposeA: true, transposeB: true },
    },
    {
      operands: [
        [2, 3],
        [3, 4],
        [2, 1],
      ],
    },
  ],
  matmul: [
    {
      operands: [
        [2, 3],
        [3, 4],
      ],
    },
    {
      operands: [
        [2, 1, 3, 2],
        [4, 2, 3],
      ],
    },
  ],
  conv: [
    { operands: [[2, 3, 5, 4], [4, 3, 3, 3], [4]], attributes: { pads: [1, 1, 1, 1] } },
    { operands: [[2, 3, 6, 7], [2, 3, 3, 2], [2]], attributes: { strides: [2, 3], pads: [1, 0, 0, 1] } },
    {
      operands: [
        [1, 2, 7, 7],
        [3, 2, 3, 3],
      ],
      attributes: { dilations: [2, 2], pads: [2, 2, 2, 2] },
    },
    {
      operands: [
        [1, 2, 4, 4],
        [3, 2, 1, 1],
      ],
      attributes: { pads: [1, 1, 1, 1] },
    },
    {
      operands: [
        [1, 4, 5, 5],
        [6, 2, 3, 3],
      ],
      attributes: { group: 2, pads: [1, 1, 1, 1] },
      by: [0],
    },
    {
      operands: [
        [1, 4, 6, 6],
        [4, 1, 3, 3],
      ],
      attributes: { group: 4, strides: [2, 2], pads: [1, 1, 1, 1] },
      by: [0],
    },
    {
      operands: [
        [2, 1, 1, 6],
        [1, 1, 1, 3],
      ],
      attributes: { pads: [0, 1, 0, 1] },
    },
  ],
  conv_1d: [
    { operands: [[2, 3, 6], [2, 3, 3], [2]], attributes: { pads: [1, 1] } },
    {
      operands: [
        [2, 4, 7],
        [4, 2, 2],
      ],
      attributes: { stride: 2, group: 2 },
      by: [0],
    },
  ],
  conv_transpose: [
    {
      operands: [[2, 3, 3, 4], [3, 2, 3, 3], [2]],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 0] },
      by: [0, 2],
    },
    {
      operands: [
        [1, 4, 3, 3],
        [4, 2, 2, 2],
      ],
      attributes: { group: 2 },
      by: [0],
    },
    // Places that are added, and that a window of their own may reach.
    {
      operands: [
        [1, 2, 3, 3],
        [2, 2, 2, 2],
      ],
      attributes: { dilations: [2, 2], outputPadding: [1, 1] },
      by: [0],
    },
    {
      operands: [
        [1, 2, 3, 3],
        [2, 2, 2, 2],
      ],
      attributes: { strides: [2, 2], dilations: [3, 3], outputPadding: [2, 2] },
      by: [0],
    },
  ],
  resize: [
    {
      operands: [[1, 2, 3, 4]],
      attributes: { scales: [1, 1, 2, 2], coordinates: "asymmetric", rounding: "floor" },
    },
    { operands: [[1, 2, 3, 4]], attributes: { scales: [1, 1, 2, 1.5], mode: "linear" } },
    {
      operands: [[1, 2, 4, 6], shape(1, 2, 7, 3)],
      attributes: { mode: "linear", coordinates: "align_corners" },
    },
  ],
  reflect_pad: [{ operands: [[1, 2, 3, 4]], attributes: { before: [0, 0, 1, 2], after: [0, 0, 2, 0] } }],
};

const test = suite("gradients: rules");

for (const [kind, cases] of Object.entries(CASES)) {
  for (const [i, each] of cases.entries())
    test(`${kind}, case ${i + 1}: derivatives are those of small differences`, () =>
      compareWithDifferences(kind as OpName, each));
}

/** A graph of one op, whose operands are inputs, or constants where their elements are known. */
function graphOf(kind: OpName, { operands, attributes = {} }: Case): Graph {
  const builder = new GraphBuilder(kind);
  const values = operands.map((operand, i) => {
    if ("dims" in operand) return builder.input(`operand${i}`, operand);
    return builder.input(`operand${i}`, tensorType(operand));
  });
  const loc = { scope: `/${kind}` };
  const y = builder.op(kind, values, attributes as never, loc);
  // What is compared is not the op's own result, or a softmax's would be compared by cross entropy.
  return builder.finish([builder.op("identity", [y], {}, { scope: "/out" })]);
}

function drawn({ dims, values }: TensorType, name: string, positive: boolean): Tensor {
  const sizes = dims as readonly number[];
  if (values !== undefined) return { dims: sizes, data: Float64Array.from(values as readonly number[]) };
  const stream = randomStream(3, name);
  const number = (): number => (positive ? stream.uniform(0.5, 2) : stream.normal());
  return { dims: sizes, data: Float64Array.from({ length: elementCount(sizes) }, number) };
}

function compareWithDifferences(kind: OpName, { step = 1e-5, ...each }: Case): void {
  const graph = graphOf(kind, each);
  const inputs = graph.inputs.map(({ type, name }) => drawn(type, `${kind} ${name}`, each.positive === true));
  const by = each.by ?? graph.inputs.flatMap(({ type }, i) => (type.values === undefined ? [i] : []));
  const differentiated = graph.inputs.filter((_, i) => by.includes(i));
  const { graph: gradients, targets } = withGradients(graph, differentiated, [1]);
  const wanted = targets.map(({ type }) => drawn(type, `${kind} target`, false));
  const derivatives = run(gradients, [...inputs, ...wanted]);
  const errorAt = (index: number, element: number, by: number): number => {
    const moved = inputs.map(({ dims, data }, i) => {
      const copy = Float64Array.from(data);
      if (i === index) copy[element] = (copy[element] as number) + by;
      return { dims, data: copy };
    });
    return halfSquares(run(graph, moved), wanted);
  };
  let most = 0;
  by.forEach((index, position) => {
    assert.equal(derivatives[position]?.dims, inputs[index]?.dims);
    derivatives[position]?.data.forEach((derivative, element) => {
      const difference = (errorAt(index, element, step) - errorAt(index, element, -step)) / (2 * step);
      most = Math.max(most, Math.abs(difference));
      assert.ok(
        Math.abs(difference - derivative) <= 1e-6 * Math.max(1, Math.abs(difference)),
        `operand ${index}, element ${element}: ${derivative} for ${difference}`,
      );
    });
  });
  assert.ok(most > 0.01, "nothing depends on the operands");
}

/** The outputs of a graph, for its inputs in their order. */
function run(graph: Graph, inputs: readonly Tensor[]): readonly Tensor[] {
  const named = new Map(
    graph.inputs.flatMap(({ name }, i) => {
      const input = inputs[i];
      return input === undefined ? [] : [[name, input] as const];
    }),
  );
  return [...evaluateGraph(graph, named, numbersOf).values()];
}

function halfSquares(outputs: readonly Tensor[], wanted: readonly Tensor[]): number {
  const squares = outputs.flatMap(({ data }, i) =>
    Array.from(data, (value, at) => 0.5 * (value - (wanted[i]?.data[at] as number)) ** 2),
  );
  return squares.reduce((sum, each) => sum + each, 0);
}

function numbersOf(parameter: Parameters<Parameters<typeof evaluateGraph>[2]>[0]): Tensor {
  return { dims: parameter.data.dims, data: materialize(parameter.data, 0) };
}

test.run();
