import type { Graph } from "../ir/graph.js";
import type { Dim } from "../ir/types.js";
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
    return stride === undefined ? { name, dims } : { name, dims, stride };
  });
}

/** Channels, height and width of an image. */
export interface InputImage {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** The first input of a network, if that is an image of known size. */
export function imageSize({ inputs: [input] }: Graph): InputImage | null {
  const [, channels, height, width, more] = input?.type.dims ?? [];
  const known = typeof channels === "number" && typeof height === "number" && typeof width === "number";
  return known && more === undefined ? { channels, height, width } : null;
}
