import { countNetwork } from "../counts.js";
import { defineConvention } from "./convention.js";
import { powerOfTen } from "./scales.js";

/**
 * The tables of the SENet paper. Of the units, roundings and ways to count that were tried on its numbers, only rounding
 * up fits all of them: 3.8605 GFLOPs is printed as 3.87. Its ResNets have the stride in the first 1×1 convolution, as
 * `resnet50-v1` has; that is a matter of the network, not of counting.
 */
export const senet = defineConvention({
  name: "senet",
  source: "Squeeze-and-Excitation Networks (Hu et al., CVPR 2018 and TPAMI 2019)",
  parameters: powerOfTen(6, "M", { rounding: "up", decimals: 1 }),
  operations: {
    ...powerOfTen(9, "G", { rounding: "up", decimals: 2 }),
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});
