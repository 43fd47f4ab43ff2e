import type { RuleFacts } from "../blocks/block-kind.js";
import type { AttentionPositions } from "../positions.js";
import type { LayerDefaults, ResolvedPosition } from "../resolved-part.js";
import { type DefinedBody, isForStage, layersIn, type ResolvedLayer } from "./resolved-layers.js";

/**
 * A block that the spec defines: layers, a shortcut that is added to them, and layers after the sum. `residual`: whether
 * it has a shortcut; an empty one is the input itself.
 */
export interface ResolvedDefined extends LayerDefaults, ResolvedPosition {
  readonly block: "defined";
  /** The definition's name. */
  readonly definition: string;
  readonly layers: readonly ResolvedLayer[];
  readonly shortcut?: readonly ResolvedLayer[] | undefined;
  readonly after: readonly ResolvedLayer[];
}

/** A definition says with a layer where `spatial` is, and with a shortcut whether there is an `identity`. */
export function positionsInDefined({
  layers,
  shortcut,
}: Pick<DefinedBody, "layers" | "shortcut">): AttentionPositions {
  const marked = layersIn(layers).some(isForStage);
  const around = shortcut === undefined ? [] : (["identity", "identity-input"] as const);
  return marked ? ["spatial", "standard", "pre", "post", ...around] : ["standard", "pre", "post", ...around];
}

/** What the rules ask of it: which of its layers is the spatial convolution, only the layer for the gate says. */
export function factsOfDefined({ layers, inputChannels, channels, stride }: ResolvedDefined): RuleFacts {
  const gate = layersIn(layers).find(isForStage);
  return {
    spatial: { inputs: inputChannels, channels: gate?.channels ?? channels, stride },
    shortcut: "layers",
    // What layers say of groups and widths is refused where they are resolved.
    grouped: [],
    widths: [],
  };
}
