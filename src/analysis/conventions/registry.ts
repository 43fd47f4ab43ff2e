import { blockAt, type Graph, type Op } from "../../ir/graph.js";
import { countNetwork, countOps } from "../counts.js";
import {
  type Convention,
  type ConventionName,
  type CountedNetwork,
  defineConvention,
  type NumberUnit,
  powerOfTen,
  type Scale,
  wholeNumber,
} from "./convention.js";
import { thopOperations } from "./thop.js";

/** All trainable scalars. */
const trainable = {
  counts: "all trainable scalars",
  count: ({ model }: CountedNetwork): number => countNetwork(model).parameters,
};

/** Every digit of what ecagen counts. */
const exact = defineConvention({
  name: "exact",
  source: "no paper: every digit",
  parameters: { ...wholeNumber, ...trainable },
  operations: {
    ...wholeNumber,
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});

/**
 * The tables of the SENet paper. Of the units, roundings and ways to count that were tried on its numbers, only rounding
 * up fits all of them: 3.8605 GFLOPs is printed as 3.87. Its ResNets have the stride in the first 1×1 convolution, as
 * `resnet50-v1` has; that is a matter of the network, not of counting.
 */
const senet = defineConvention({
  name: "senet",
  source: "Squeeze-and-Excitation Networks (Hu et al., CVPR 2018 and TPAMI 2019)",
  parameters: { ...powerOfTen(6, "M", { rounding: "up", decimals: 1 }), ...trainable },
  operations: {
    ...powerOfTen(9, "G", { rounding: "up", decimals: 2 }),
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});

/** The tables of the EfficientNet paper, and the articles that compare with them: 5.3M parameters, 0.39B FLOPS. */
const efficientnet = defineConvention({
  name: "efficientnet",
  source: "EfficientNet (Tan and Le, ICML 2019) and articles on it",
  parameters: { ...powerOfTen(6, "M", { rounding: "nearest", decimals: 1 }), ...trainable },
  operations: {
    ...powerOfTen(9, "B", { rounding: "nearest", decimals: 2 }),
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});

/** Units of `clever_format` in the authors' paras_flops.py: chosen by powers of 1000, divided by powers of 1024. */
const UNITS: readonly (readonly [above: number, unit: NumberUnit])[] = [
  [1e12, { symbol: "T", divisor: 2 ** 40, divisorText: "2^40" }],
  [1e9, { symbol: "G", divisor: 2 ** 30, divisorText: "2^30" }],
  [1e6, { symbol: "M", divisor: 2 ** 20, divisorText: "2^20" }],
  [1e3, { symbol: "K", divisor: 2 ** 10, divisorText: "2^10" }],
  [Number.NEGATIVE_INFINITY, { symbol: "", divisor: 1, divisorText: "1" }],
];

const binary: Scale = {
  unitOf: (value) => (UNITS.find(([above]) => value > above) as (typeof UNITS)[number])[1],
  rounding: "nearest",
  decimals: 2,
};

/** The tables of the ECA-Net paper and of its authors' repository, which print what thop gave them. */
const eca = defineConvention({
  name: "eca",
  source: "ECA-Net (Wang et al., CVPR 2020) and the README of github.com/BangguWu/ECANet",
  parameters: { ...binary, ...trainable },
  operations: {
    ...binary,
    counts:
      "what thop counted in July 2019: multiply-accumulates of convolutions, 4 for each normalised element, 1 for each element of a ReLU module's last call, the windows of average pools and a division each, 2n - 1 for each linear output",
    count: ({ lowered }) => thopOperations(lowered()),
  },
});

/**
 * The README of the ECA-Net authors on detectors, which prints what mmdetection 1 gave them: only parameters that are trained. Its
 * configurations freeze a ResNet's stem and first stage (`frozen_stages=1`), with the gates in that. Batch normalisations of the other stages keep
 * their running statistics (`norm_eval`), and their scales and shifts are trained: without these its numbers would not come about.
 */
const mmdet = defineConvention({
  name: "mmdet",
  source: "mmdetection 1, as in the README of github.com/BangguWu/ECANet on detectors",
  parameters: {
    ...powerOfTen(6, "M", { rounding: "nearest", decimals: 2 }),
    counts: "those outside of the stem and the first stage, which are frozen",
    count: ({ model }) => countNetwork(model).parameters - countOps(frozenOps(model)).parameters,
  },
  operations: {
    ...powerOfTen(9, "G", { rounding: "nearest", decimals: 2 }),
    counts:
      "multiply-accumulates of convolutions and products; mmdetection counts biases, normalisations and activations too",
    count: ({ model }) => countNetwork(model).macs,
  },
});

function frozenOps(graph: Graph): readonly Op[] {
  return graph.ops.filter(({ loc }) => {
    const block = blockAt(graph, loc.scope);
    return block?.type === "stem" || block?.stage === 0;
  });
}

/** Every convention. A new one is its definition, its name in `CONVENTION_NAMES`, and a name here. */
export const conventions = { exact, senet, eca, efficientnet, mmdet } as const satisfies {
  readonly [N in ConventionName]: Convention<N>;
};
