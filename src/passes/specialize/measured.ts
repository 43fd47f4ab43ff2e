// Made by `npm run bench:lowerings -- --write`. Do not edit.

const one = {
  "reorder-output": { start: 3, each: 0.31 },
  "reorder-input": { start: 3, each: 0.24 },
  pool: { start: 2, each: 0.135 },
  "broadcast-product": { start: 3, each: 0.31 },
  product: { start: 3, each: 0.39 },
  enlarge: { start: 2, each: 0.17 },
  sum: { start: 3, each: 0.42 },
  activation: { start: 2, each: 0.2 },
  "channel-convolution": { start: 3, each: 0.42 },
  pointwise: { start: 3, each: 0.012 },
  "computed-pointwise": { start: 5, each: 0.013 },
  weights: { start: 4, each: 0.2 },
  "weight-product": { start: 3, each: 0.7 },
  node: { start: 3, each: 0 },
};

export const MEASURED = { one, several: one } as const;
