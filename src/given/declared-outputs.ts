import type { Dim } from "../ir/types.js";
import type { SpecNetwork } from "./network.js";

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
