import type { Graph, GraphInput } from "../ir/graph.js";
import { isSignal, type PictureSizes, pictureSizes } from "../ir/picture.js";
import type { Dim } from "../ir/types.js";
import type { InputImage, InputSignal, NetworkInput } from "../language/input.js";
import type { SpecNetwork } from "./spec-network.js";

/** An output of a network, as reports show it. */
export interface DeclaredOutput {
  readonly name: string;
  readonly dims: readonly Dim[];
  /** Of a feature map: pixels of the image that one of its pixels stands for, in both directions. */
  readonly stride?: number;
}

/** The outputs of a spec's network in their order: the classifier's, then the features. */
export function declaredOutputs({ graph, spec }: SpecNetwork): readonly DeclaredOutput[] {
  const strides = new Map(spec.resolved.features.map(({ name, place }) => [name, place?.stride]));
  return graph.outputs.map(({ name, type: { dims } }) => {
    const stride = strides.get(name);
    // One pixel of the whole map stands for no number of them.
    return stride === undefined || !Number.isFinite(stride) ? { name, dims } : { name, dims, stride };
  });
}

/** The first input of a network that is an image of known size, whether its channels come first or last. */
export function imageSize(graph: Graph): InputImage | null {
  for (const input of graph.inputs) {
    const sizes = sizesOf(input, graph);
    if (sizes === undefined) continue;
    const { channels, height, width } = sizes;
    return typeof channels === "number" && typeof height === "number" && typeof width === "number"
      ? { channels, height, width }
      : null;
  }
  return null;
}

/** The sizes that a network's MACs are counted at: those of its image, or of the signal that its convolutions read. */
export function inputSize(graph: Graph): NetworkInput | null {
  return imageSize(graph) ?? inputSignal(graph);
}

/** The first input that is a signal of known size, which a convolution over one axis reads. */
export function inputSignal(graph: Graph): InputSignal | null {
  const signal = graph.inputs.find((input) => isSignal(input, graph));
  const [, channels, length, more] = signal?.type.dims ?? [];
  return typeof channels === "number" && typeof length === "number" && more === undefined
    ? { channels, length }
    : null;
}

/** What a convolution reads has its channels first, however many they are. */
function sizesOf(input: GraphInput, { ops }: Graph): PictureSizes | undefined {
  const sizes = pictureSizes(input.type.dims);
  const isRead = ops.some(({ kind, operands: [x] }) => kind === "conv" && x === input);
  if (sizes?.channelsLast !== true || !isRead) return sizes;
  const [, channels = 0, height = 0, width = 0] = input.type.dims;
  return { channels, height, width, channelsLast: false };
}
