import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { defineOp } from "../../op.js";
import { avgPool } from "../../ops/avg-pool.js";
import { conv } from "../../ops/conv.js";
import { nchw, operandAt, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap, refuse } from "../../types.js";
import { activated, channelMeans, linear, product } from "../arithmetic.js";
import { type AttentionSite, defineAttention, initializationAt, type PlannedParameter } from "../module.js";
import { expectNorm, normalized, normEpsilon, normEpsilonOption, normParameters } from "../norm.js";
import { describeReduction, reductionOptions, squeezedChannels } from "../reduction.js";

/** How far a gather reaches over the map: e, or 0 for all of it. */
const EXTENTS = [0, 2, 4, 8, 16] as const;

/** Operands of the two layers of the excite, and of one convolution of the gather. */
export const GE_MLP_OPERANDS = 4;
export const GE_CONV_OPERANDS = 5;

/** Windows of a gather by averages: 2e-1 wide, e apart, and as many as it takes to cover the map (section 3.1). */
export function gatherWindows(extent: number): {
  kernel: [number, number];
  strides: [number, number];
  pads: [number, number, number, number];
} {
  const [kernel, pad] = [2 * extent - 1, extent - 1];
  return { kernel: [kernel, kernel], strides: [extent, extent], pads: [pad, pad, pad, pad] };
}

/** Strides and pads of a convolution of a gather with parameters: one over the map, or 3×3 ones that halve it. */
export function gatherConv(extent: number): {
  strides: [number, number];
  pads: [number, number, number, number];
} {
  return extent === 0 ? { strides: [1, 1], pads: [0, 0, 0, 0] } : { strides: [2, 2], pads: [1, 1, 1, 1] };
}

/** How many convolutions gather: one over the whole map, or log2 e that halve it. */
export function gatherConvs(extent: number): number {
  return extent === 0 ? 1 : Math.log2(extent);
}

/**
 * Gather-excite (Hu et al., NeurIPS 2018, section 3), for x of [N, C, H, W]:
 *
 *     z = gather(x)      without parameters: averages of windows 2e-1 wide and e apart; of all of x for extent 0
 *                        with parameters (θ⁺): depthwise convolutions, each with BN, `hidden` between them:
 *                        log2 e of 3×3 with stride 2, or one as large as the map for extent 0
 *     s = expand · hidden(reduce · z + b₁) + b₂                         excite; without mlp s = z
 *     result[n,c,h,w] = x[n,c,h,w] · gate(s[n,c, ⌊h·H'/H⌋, ⌊w·W'/W⌋])    the nearest of the H'×W' gathered places
 *
 * Operands after x: reduce, reduce_bias, expand, expand_bias with mlp; then for each convolution its weight and
 * the scale, shift, mean and variance of its normalisation.
 */
const op = defineOp({
  name: "attention.ge",
  level: "model",
  doc: "x · gate(excite(gather(x))), enlarged to the size of x: gather-excite",
  source: "Gather-Excite (NeurIPS 2018), section 3",
  operands: ["x", "parameters..."],
  attributes: z.strictObject({
    extent: z.literal(EXTENTS).default(0),
    mlp: z.boolean().default(true),
    parameters: z.boolean().default(false),
    hidden: z.enum(ACTIVATION_NAMES).default("relu"),
    gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
    epsilon: normEpsilon,
  }),
  infer(operands, { extent, mlp, parameters }) {
    const [, channels, height, width] = featureMap(operands[0], "x");
    const excite = mlp ? operands.slice(1, 1 + GE_MLP_OPERANDS) : [];
    const gather = operands.slice(1 + excite.length);
    if (mlp) {
      const [squeezed] = featureMap(excite[0], "reduce");
      expectDims(excite[0], [squeezed, channels, 1, 1], "reduce");
      expectDims(excite[1], [squeezed], "reduce_bias");
      expectDims(excite[2], [channels, squeezed, 1, 1], "expand");
      expectDims(excite[3], [channels], "expand_bias");
    }
    const convs = parameters ? gatherConvs(extent) : 0;
    if (gather.length !== convs * GE_CONV_OPERANDS) {
      refuse(`the gather takes ${convs * GE_CONV_OPERANDS} operands, got ${gather.length}`);
    }
    const kernel = extent === 0 ? [height, width] : [3, 3];
    for (let i = 0; i < convs; i++) {
      const at = i * GE_CONV_OPERANDS;
      expectDims(gather[at], [channels, 1, ...kernel], `weight ${i} of the gather`);
      expectNorm(gather.slice(at + 1, at + GE_CONV_OPERANDS), channels);
    }
    return [operandAt(operands, 0)];
  },
  cost([x, reduce], _results, { extent, mlp, parameters }) {
    const [, channels, height, width] = featureMap(x, "x");
    let [rows, columns] = [height, width];
    let gather = 0;
    if (extent === 0) {
      if (parameters) gather = channels * height * width;
      rows = columns = 1;
    } else if (parameters) {
      for (let i = 0; i < gatherConvs(extent); i++) {
        [rows, columns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
        gather += 9 * channels * rows * columns;
      }
    } else {
      [rows, columns] = [Math.ceil(rows / extent), Math.ceil(columns / extent)];
    }
    const excite = mlp ? 2 * channels * Number(reduce?.dims[0]) * rows * columns : 0;
    return { macs: gather + excite };
  },
  evaluate(operands, { extent, mlp, parameters, hidden, gate, epsilon }) {
    const [x, ...rest] = operands as readonly [Tensor, ...Tensor[]];
    const excite = mlp ? rest.slice(0, GE_MLP_OPERANDS) : [];
    const convs = rest.slice(excite.length);
    let gathered = x;
    if (parameters) {
      for (let i = 0; i < gatherConvs(extent); i++) {
        if (i > 0) gathered = activated(activations[hidden], gathered);
        const [weight, ...norm] = convs.slice(i * GE_CONV_OPERANDS, (i + 1) * GE_CONV_OPERANDS) as [
          Tensor,
          ...Tensor[],
        ];
        const attributes = conv.attributes.parse({ ...gatherConv(extent), group: nchw(x)[1] });
        gathered = normalized(operandAt(conv.evaluate([gathered, weight], attributes), 0), norm, epsilon);
      }
    } else if (extent === 0) {
      gathered = channelMeans(x);
    } else {
      const windows = avgPool.attributes.parse(gatherWindows(extent));
      gathered = operandAt(avgPool.evaluate([x], windows), 0);
    }
    const [reduce, reduceBias, expand, expandBias] = excite;
    const scores =
      reduce === undefined || expand === undefined
        ? gathered
        : linear(activated(activations[hidden], linear(gathered, reduce, reduceBias)), expand, expandBias);
    return [product(x, enlarged(activated(activations[gate], scores), x.dims))];
  },
});

/** y[n,c,h,w] = x[n,c, ⌊h·H'/H⌋, ⌊w·W'/W⌋]: each place takes the nearest one of the smaller map. */
function enlarged(x: Tensor, dims: readonly number[]): Tensor {
  const [, , rows, columns] = nchw(x);
  const y = zeros(dims, x);
  const [, , height, width] = nchw(y);
  const data = y.data.map((_, i) => {
    const [plane, h, w] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const [row, column] = [Math.floor((h * rows) / height), Math.floor((w * columns) / width)];
    return operandAt(x.data, (plane * rows + row) * columns + column);
  });
  return { dims, data };
}

export const ge = defineAttention({
  type: "ge",
  title: "Gather-Excite",
  options: z.strictObject({
    ...reductionOptions({ ratio: 1 / 16 }),
    extent: z
      .literal(EXTENTS)
      .default(0)
      .describe("How far the gather reaches: windows are about this far apart; 0 gathers the whole map."),
    parameters: z
      .boolean()
      .default(false)
      .describe("Whether the gather has parameters (GE-θ⁺): depthwise convolutions in place of averages."),
    mlp: z
      .boolean()
      .default(true)
      .describe(
        "Whether two layers as SE's excite (GE-θ⁺'s and timm's); GE-θ⁻ gates with what was gathered.",
      ),
    activation: z
      .enum(ACTIVATION_NAMES)
      .default("relu")
      .describe("Activation between layers of the gather and of the excite."),
    gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that makes the gate."),
    epsilon: normEpsilonOption,
  }),
  op,
  plan(given, site) {
    const { extent, parameters, mlp, gate, epsilon } = given;
    return {
      attributes: { extent, mlp, parameters, hidden: given.activation, gate, epsilon },
      parameters: [
        ...(mlp ? excitePlan(squeezedChannels(given, site), site) : []),
        ...(parameters ? gatherPlan(extent, site) : []),
      ],
    };
  },
  describe({ extent, mlp, parameters }, [x, reduce]) {
    const reach = extent === 0 ? "global" : `extent ${extent}`;
    const layers = mlp ? `, ${describeReduction(x?.dims[1], reduce?.dims[0])}` : "";
    return `${reach}${parameters ? " θ⁺" : ""}${layers}`;
  },
});

function excitePlan(squeezed: number, site: AttentionSite): readonly PlannedParameter[] {
  const { channels } = site;
  const start = initializationAt(site);
  return [
    { name: "reduce.weight", dims: [squeezed, channels, 1, 1], init: start.conv(1) },
    { name: "reduce.bias", dims: [squeezed], init: start.convBias(channels) },
    { name: "expand.weight", dims: [channels, squeezed, 1, 1], init: start.conv(1) },
    { name: "expand.bias", dims: [channels], init: start.convBias(squeezed) },
  ];
}

function gatherPlan(extent: number, site: AttentionSite): readonly PlannedParameter[] {
  const { channels, map = [1, 1] } = site;
  const kernel = extent === 0 ? map : [3, 3];
  return Array.from({ length: gatherConvs(extent) }, (_, i) => [
    {
      name: `gather.conv${i + 1}.weight`,
      dims: [channels, 1, ...kernel],
      init: initializationAt(site).conv(channels),
    },
    ...normParameters(`gather.norm${i + 1}`, channels),
  ]).flat();
}
