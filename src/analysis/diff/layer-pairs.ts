import { ACTIVATION_NAMES } from "../../ir/activations.js";
import { blockAt, type Graph } from "../../ir/graph.js";
import { align } from "../align.js";
import { isGate, type Layer, type LayerGraph } from "./layers.js";
import type { NumberedLayers } from "./numbering.js";

/** A layer and what it became; one of them is missing where a layer was added or removed. */
export type LayerPair = readonly [a: Layer | undefined, b: Layer | undefined];

/** Pairs the layers of two blocks, in order. */
export type PairLayers = (a: readonly Layer[], b: readonly Layer[]) => readonly LayerPair[];

/** The layers of each block, by its scope; those outside of all blocks have none. */
export function layersByBlock(
  graph: Graph,
  { layers }: LayerGraph,
): ReadonlyMap<string | undefined, readonly Layer[]> {
  const found = new Map<string | undefined, Layer[]>();
  for (const layer of layers) {
    const scope = blockAt(graph, layer.op.loc.scope)?.scope;
    const others = found.get(scope);
    if (others === undefined) found.set(scope, [layer]);
    else others.push(layer);
  }
  return found;
}

/**
 * Layers of the same scope are the same layer; of several in one scope, the first is the first. A gate is none of the layers
 * that it was taken apart into.
 */
export const pairByScope: PairLayers = (a, b) => {
  const [old, now] = [byPlace(a), byPlace(b)];
  return [...new Set([...old.keys(), ...now.keys()])].map((place) => [old.get(place), now.get(place)]);
};

function byPlace(layers: readonly Layer[]): ReadonlyMap<string, Layer> {
  const found = new Map<string, Layer>();
  for (const layer of layers) {
    const scope = isGate(layer) ? `${layer.op.loc.scope} gate` : layer.op.loc.scope;
    let place = scope;
    for (let i = 1; found.has(place); i++) place = `${scope} ${i}`;
    found.set(place, layer);
  }
  return found;
}

/** Leaving two layers alone costs as much as pairing layers with this many differences. */
const ALONE = 2;
/** More than leaving both alone. */
const NEVER = 2 * ALONE + 1;

/**
 * Of networks whose names are somebody else's: the gates in their order, whatever kind they are, and the other layers as they
 * are most alike.
 */
export function pairByLikeness(numbered: NumberedLayers): PairLayers {
  const cost = (a: Layer, b: Layer): number => {
    if (numbered.isSame(a, b)) return 0;
    if (a.kind !== b.kind) return isActivation(a) && isActivation(b) ? 1 : NEVER;
    const names = [...new Set([...a.facts.keys(), ...b.facts.keys()])];
    return Math.min(
      2 * ALONE,
      names.filter((name) => a.facts.get(name)?.text !== b.facts.get(name)?.text).length,
    );
  };
  return (a, b) => {
    const [gatesA, gatesB] = [a.filter(isGate), b.filter(isGate)];
    const [restA, restB] = [a.filter((each) => !isGate(each)), b.filter((each) => !isGate(each))];
    const gates = Array.from(
      { length: Math.max(gatesA.length, gatesB.length) },
      (_, i): LayerPair => [gatesA[i], gatesB[i]],
    );
    const rest = align(restA, restB, { pair: cost, alone: ALONE }).map(
      ([i, j]): LayerPair => [i === undefined ? undefined : restA[i], j === undefined ? undefined : restB[j]],
    );
    return [...rest, ...gates];
  };
}

function isActivation({ kind }: Layer): boolean {
  return ACTIVATION_NAMES.some((name) => name === kind);
}
