import { countNetwork } from "../counts.js";
import { defineConvention } from "./convention.js";
import { wholeNumber } from "./scales.js";

/** Every digit of what ecagen counts. */
export const exact = defineConvention({
  name: "exact",
  source: "no paper: every digit",
  parameters: wholeNumber,
  operations: {
    ...wholeNumber,
    counts: "multiply-accumulates of convolutions and products",
    count: ({ model }) => countNetwork(model).macs,
  },
});
