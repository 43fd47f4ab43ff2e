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

/** How the parameters of a network start where that depends on the implementation that it comes from. */
export interface Initialization {
  /** Weights of a convolution. */
  conv(groups: number): Initializer;
  /** Biases of a convolution whose outputs each have `fanIn` inputs. */
  convBias(fanIn: number): Initializer;
  /** Weights and biases of the classifier. */
  classifier(inputs: number, outputs: number): { readonly weight: Initializer; readonly bias: Initializer };
  /** Scale of a normalisation that ends the branch of a residual block. */
  readonly lastScale: Initializer;
}

/**
 * The schemes by the spec's word.
 *
 * `efficientnet`: that of the EfficientNet and MobileNet reference implementations.
 * `resnet`: fan-out of all groups together, PyTorch's default for biases and classifier, and every residual branch
 * starts as zero, so that the network starts shallow (Goyal et al., Accurate, Large Minibatch SGD, 2017, section 5.1).
 */
export const initializations = {
  efficientnet: {
    conv: fanOutNormal,
    convBias: () => startAtZero,
    classifier: (_inputs, outputs) => ({ weight: uniformByFan(outputs), bias: startAtZero }),
    lastScale: startAtOne,
  },
  resnet: {
    conv: () => fanOutNormal(),
    convBias: uniformByFan,
    classifier: (inputs) => ({ weight: uniformByFan(inputs), bias: uniformByFan(inputs) }),
    lastScale: startAtZero,
  },
} as const satisfies { readonly [scheme: string]: Initialization };

export type InitializationName = keyof typeof initializations;

export const INITIALIZATION_NAMES = Object.keys(initializations) as [
  InitializationName,
  ...InitializationName[],
];

/** The scheme of what says nothing: a spec without the field, a graph of someone else's. */
export const DEFAULT_INITIALIZATION: InitializationName = "efficientnet";
