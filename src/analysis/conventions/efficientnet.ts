import { countNetwork } from "../counts.js";
import { defineConvention } from "./convention.js";
import { powerOfTen } from "./scales.js";

/** The tables of the EfficientNet paper, and the articles that compare with them: 5.3M parameters, 0.39B FLOPS. */
export const efficientnet = defineConvention({
  name: "efficientnet",
  source: "EfficientNet (Tan and Le, ICML 2019) and articles on it",
  parameters: powerOfTen(6, "M", { rounding: "nearest", decimals: 1 }),
  operations: {
    ...powerOfTen(9, "B", { rounding: "nearest", decimals: 2 }),
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});
