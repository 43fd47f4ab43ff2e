import { constantWeight, normalWeight, uniformWeight, type WeightExpr } from "./weight.js";

/** How a parameter starts: from its sizes and the name of its random stream. */
export type Initializer = (dims: readonly number[], stream: string) => WeightExpr;

/**
 * N(0, 2 / fan_out) with fan_out = kernel area · outputs / groups: the rule of the EfficientNet and MobileNet
 * reference implementations (He et al., ICCV 2015, eq. 15, backward form).
 */
export function fanOutNormal(groups = 1): Initializer {
  return (dims, stream) => {
    const [outputs = 1, , ...kernel] = dims;
    const fanOut = (kernel.reduce((area, size) => area * size, 1) * outputs) / groups;
    return normalWeight(dims, Math.sqrt(2 / fanOut), stream);
  };
}

/** N(0, 2 / fan_in): the forward form of the same rule, for layers whose result feeds no further layer. */
export function fanInNormal(fanIn: number): Initializer {
  return (dims, stream) => normalWeight(dims, Math.sqrt(2 / fanIn), stream);
}

/** U(±1/√fan): PyTorch's default with fan = inputs, EfficientNet's classifier with fan = outputs. */
export function uniformByFan(fan: number): Initializer {
  const bound = 1 / Math.sqrt(fan);
  return (dims, stream) => uniformWeight(dims, -bound, bound, stream);
}

export const startAtZero: Initializer = (dims) => constantWeight(dims, 0);

export const startAtOne: Initializer = (dims) => constantWeight(dims, 1);
