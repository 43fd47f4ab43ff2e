import { countOps, gateOf } from "../counts.js";
import { type Change, type ChangeKind, changeOf } from "./changes.js";
import { differences } from "./compare-layers.js";
import type { LayerPair } from "./layer-pairs.js";
import { isGate, type Layer } from "./layers.js";
import type { Wiring } from "./wiring.js";

/** The changes of a block's gates: of their kind, their place, and everything that they are. */
export function diffGates(block: string, pairs: readonly LayerPair[], wiring: Wiring): readonly Change[] {
  return pairs.filter(([a, b]) => isGate((a ?? b) as Layer)).flatMap((pair) => diffGate(block, pair, wiring));
}

function diffGate(block: string, [old, now]: LayerPair, wiring: Wiring): readonly Change[] {
  const at = (old ?? now)?.op.loc.scope;
  if (at === undefined) return [];
  const delta = parametersOf(now) - parametersOf(old);
  if (old === undefined || now === undefined) {
    const kind = old === undefined ? "attention-added" : "attention-removed";
    return [changeOf(kind, at, textOf(old), textOf(now), delta)];
  }
  const places = wiring.places(old, now, block);
  const texts = (index: 0 | 1, detail: string | null): string =>
    [textOf([old, now][index]), detail, places?.[index]]
      .filter((each) => each !== null && each !== undefined)
      .join(", ");
  if (old.kind !== now.kind)
    return [changeOf("attention-swapped", at, texts(0, null), texts(1, null), delta)];
  const all = differences(old, now, false);
  // Sizes that the texts say need not be said again.
  const shown = textOf(old) === textOf(now) ? all : differences(old, now, true);
  const computed = shown.find(({ kind }) => kind === "layer-changed");
  const training = all.filter(({ kind }) => kind === "training-changed");
  const kind: ChangeKind = places === undefined ? "attention-changed" : "attention-moved";
  // Gates that are the same, of which one has a part that is not trained any more.
  const counts = [old, now].map((gate) => (delta === 0 ? null : `${parametersOf(gate)} parameters`));
  const isSame = places === undefined && all.length === training.length && delta === 0;
  const [before, after] = [computed?.before, computed?.after].map((text, i) =>
    [text, counts[i]].filter((each) => each !== null && each !== undefined).join(", "),
  );
  const changed = isSame
    ? []
    : [changeOf(kind, at, texts(0, before || null), texts(1, after || null), delta)];
  return [
    ...changed,
    ...training.map(({ before, after }) => changeOf("training-changed", at, before, after)),
  ];
}

function textOf(gate: Layer | undefined): string | null {
  return (gate && gateOf(gate.op)?.text) ?? null;
}

function parametersOf(gate: Layer | undefined): number {
  return gate === undefined ? 0 : countOps([gate.op]).parameters;
}
