import { defineConvention, type Scale, type Unit } from "./convention.js";
import { thopOperations } from "./thop.js";

/** Units of `clever_format` in the authors' paras_flops.py: chosen by powers of 1000, divided by powers of 1024. */
const UNITS: readonly (readonly [above: number, unit: Unit])[] = [
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
export const eca = defineConvention({
  name: "eca",
  source: "ECA-Net (Wang et al., CVPR 2020) and the README of github.com/BangguWu/ECANet",
  parameters: binary,
  operations: {
    ...binary,
    counts:
      "what thop counted in July 2019: multiply-accumulates of convolutions, 4 for each normalised element, 1 for each element of a ReLU module's last call, the windows of average pools and a division each, 2n - 1 for each linear output",
    count: ({ lowered }) => thopOperations(lowered()),
  },
});
