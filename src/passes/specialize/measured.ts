// Made by `npm run bench:lowerings -- --write`. Do not edit.

const one = {
  "reorder-output": { start: 4.11, each: 0.227 },
  "reorder-input": { start: 3.68, each: 0.155 },
  pool: { start: 2.22, each: 0.104 },
  "broadcast-product": { start: 8.22, each: 0.182 },
  product: { start: 5.08, each: 0.256 },
  enlarge: { start: 0.688, each: 0.167 },
  sum: { start: 0, each: 0.358 },
  activation: { start: 0, each: 0.15 },
  "channel-convolution": { start: 0, each: 0.334 },
  pointwise: { start: 9.46, each: 0.0136 },
  "computed-pointwise": { start: 16.2, each: 0.0159 },
  weights: { start: 7.05, each: 0.196 },
  "weight-product": { start: 7.2, each: 0.53 },
  node: { start: 4.16, each: 0 },
};

const several = {
  "reorder-output": { start: 6.71, each: 0.134 },
  "reorder-input": { start: 11.1, each: 0.105 },
  pool: { start: 8.17, each: 0.0528 },
  "broadcast-product": { start: 22.4, each: 0.0565 },
  product: { start: 7.63, each: 0.236 },
  enlarge: { start: 5.21, each: 0.23 },
  sum: { start: 1.34, each: 0.193 },
  activation: { start: 6.24, each: 0.0774 },
  "channel-convolution": { start: 57.4, each: 0.171 },
  pointwise: { start: 14.4, each: 0.00753 },
  "computed-pointwise": { start: 31, each: 0.00937 },
  weights: { start: 11.2, each: 0.0861 },
  "weight-product": { start: 10.3, each: 0.279 },
  node: { start: 6.51, each: 0 },
};

/** By the number of threads: one, and several, measured with 2. */
export const MEASURED = { one, several } as const;
