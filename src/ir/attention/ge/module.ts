import * as z from "zod";
import { ACTIVATION_NAMES, type ActivationName, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, type Named, nameOperands, operandSlots, rest, weights } from "../../operands.js";
import { pools } from "../../ops/pools.js";
import { elementAt, nchw, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap, refuse } from "../../types.js";
import { activated, channelMeans, convolved, linear, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import {
  type AttentionSite,
  defineAttention,
  initializationAt,
  layerParameters,
  type PlannedParameter,
} from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";
import { describeReduction, expectBottleneck, reductionOptions, squeezedChannels } from "../reduction.js";

/** How far a gather reaches over the map: e, or 0 for all of it. */
const EXTENTS = [0, 2, 4, 8, 16] as const;

/** The two layers of the excite, and a convolution of the gather with its normalisation. */
const EXCITE = { reduce: weights, reduceBias: weights, expand: weights, expandBias: weights };
const GATHER_CONV = { weight: weights, norm: normOperands };
const EXCITE_OPERANDS = operandSlots(EXCITE).length;
const GATHER_CONV_OPERANDS = operandSlots(GATHER_CONV).length;

export interface GatherExciteParts<T> {
  readonly excite: Named<typeof EXCITE, T> | undefined;
  readonly convs: readonly Named<typeof GATHER_CONV, T>[];
}

/** What the operands after x are: the layers of the excite, if it has any, then the convolutions of the gather. */
export function gatherExciteParts<T>(
  operands: readonly T[],
  {
    extent,
    mlp,
    parameters,
  }: { readonly extent: number; readonly mlp: boolean; readonly parameters: boolean },
): GatherExciteParts<T> {
  const gather = operands.slice(mlp ? EXCITE_OPERANDS : 0);
  return {
    excite: mlp ? nameOperands(EXCITE, operands) : undefined,
    convs: Array.from({ length: parameters ? gatherConvs(extent) : 0 }, (_, i) =>
      nameOperands(GATHER_CONV, gather.slice(i * GATHER_CONV_OPERANDS)),
    ),
  };
}

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
 *     result[n,c,h,w] = x[n,c,h,w] · gate(s[n,c, ⌊h·H'/H⌋, ⌊w·W'/W⌋])    the nearest of the H'×W' gathered positions
 *
 * Operands after x: reduce, reduce_bias, expand, expand_bias with mlp; then for each convolution its weight and
 * the scale, shift, mean and variance of its normalisation.
 */
const op = modelOp({
  doc: "x · gate(excite(gather(x))), enlarged to the size of x: gather-excite",
  source: "Gather-Excite (NeurIPS 2018), section 3",
  operands: { x: floats, parameters: rest(weights) },
  attributes: () =>
    z.strictObject({
      extent: z.literal(EXTENTS).default(0),
      mlp: z.boolean().default(true),
      parameters: z.boolean().default(false),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
      epsilon: normEpsilon,
    }),
  infer({ x, parameters: operands }, attributes) {
    const { extent, mlp } = attributes;
    const [, channels, height, width] = featureMap(x, "x");
    const { excite, convs } = gatherExciteParts(operands, attributes);
    if (excite !== undefined) expectBottleneck(excite, channels);
    const wanted = convs.length * GATHER_CONV_OPERANDS;
    const got = operands.length - (mlp ? EXCITE_OPERANDS : 0);
    if (got !== wanted) refuse(`the gather takes ${wanted} operands, got ${got}`);
    const kernel = extent === 0 ? [height, width] : [3, 3];
    convs.forEach(({ weight, norm }, i) => {
      expectDims(weight, [channels, 1, ...kernel], `weight ${i} of the gather`);
      expectNorm(norm, channels);
    });
    return x;
  },
  cost({ x, parameters: [reduce] }, _result, { extent, mlp, parameters }) {
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
  evaluate({ x, parameters: operands }, attributes) {
    const { extent, parameters, hidden, gate, epsilon } = attributes;
    const { excite, convs } = gatherExciteParts(operands, attributes);
    let gathered = x;
    if (parameters) {
      const group = nchw(x)[1];
      convs.forEach(({ weight, norm }, i) => {
        const map = i > 0 ? activated(activations[hidden], gathered) : gathered;
        const convolution = convolved(map, weight, undefined, { ...gatherConv(extent), group });
        gathered = normalized(convolution, norm, epsilon);
      });
    } else if (extent === 0) {
      gathered = channelMeans(x);
    } else {
      const { avg_pool } = pools;
      gathered = avg_pool.evaluate({ x }, avg_pool.attributes.parse(gatherWindows(extent)));
    }
    const scores = excite === undefined ? gathered : excited(excite, hidden, gathered);
    return product(x, enlarged(activated(activations[gate], scores), x.dims));
  },
});

function excited(layers: Named<typeof EXCITE, Tensor>, hidden: ActivationName, x: Tensor): Tensor {
  const { reduce, reduceBias, expand, expandBias } = layers;
  return linear(activated(activations[hidden], linear(x, reduce, reduceBias)), expand, expandBias);
}

/** y[n,c,h,w] = x[n,c, ⌊h·H'/H⌋, ⌊w·W'/W⌋]: each position takes the nearest one of the smaller map. */
function enlarged(x: Tensor, dims: readonly number[]): Tensor {
  const [, , rows, columns] = nchw(x);
  const y = zeros(dims, x);
  const [, , height, width] = nchw(y);
  const data = y.data.map((_, i) => {
    const [plane, h, w] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const [row, column] = [Math.floor((h * rows) / height), Math.floor((w * columns) / width)];
    return elementAt(x.data, (plane * rows + row) * columns + column);
  });
  return { dims, data };
}

export const ge = defineAttention({
  type: "ge",
  title: "Gather-Excite",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 16 }),
      extent: z
        .literal(EXTENTS)
        .default(0)
        .describe("Extent of the gather: the approximate distance between windows; 0 gathers the whole map."),
      parameters: z
        .boolean()
        .default(false)
        .describe("Whether the gather has parameters (GE-θ⁺): depthwise convolutions instead of averages."),
      mlp: z
        .boolean()
        .default(true)
        .describe(
          "Whether the excite has two layers, as in SE (GE-θ⁺ and timm); GE-θ⁻ uses the gathered map as the gate.",
        ),
      activation: z
        .enum(ACTIVATION_NAMES)
        .default("relu")
        .describe("Activation between layers of the gather and of the excite."),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that computes the gate."),
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
  identity({ attributes: { extent, mlp, parameters, gate } }) {
    if (mlp) return startOfGates(gate, { zero: ["expand.weight", "expand.bias"], paired: ["reduce.weight"] });
    if (!parameters) return { reason: "its gate follows from x alone, without weights" };
    const last = `gather.norm${gatherConvs(extent)}`;
    return startOfGates(gate, { zero: [`${last}.weight`, `${last}.bias`] });
  },
  describe({ extent, mlp, parameters }, { x, parameters: [reduce] }) {
    const reach = extent === 0 ? "global" : `extent ${extent}`;
    const layers = mlp ? `, ${describeReduction(x.dims[1], reduce?.dims[0])}` : "";
    return `${reach}${parameters ? " θ⁺" : ""}${layers}`;
  },
});

function excitePlan(squeezed: number, site: AttentionSite): readonly PlannedParameter[] {
  const { channels } = site;
  return [
    ...layerParameters("reduce", [squeezed, channels, 1, 1], site),
    ...layerParameters("expand", [channels, squeezed, 1, 1], site),
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
