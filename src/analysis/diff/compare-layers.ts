import { countOps, gateOf } from "../counts.js";
import { type Change, type ChangeKind, changeOf } from "./changes.js";
import { below, type ComparedLayer, type FactUse, isGate, isTrainingOnly } from "./layers.js";
import type { LayerPair } from "./pairs.js";
import type { Wiring } from "./wiring.js";

/** What differs between two layers, as texts of the same facts. */
interface Difference {
  readonly kind: "layer-changed" | "training-changed";
  readonly before: string | null;
  readonly after: string | null;
}

/** A difference, and the layer that has it. */
type Found = Difference & { readonly scope: string };

/**
 * The changes of a block's layers, gates aside. What is the same for several layers is one change, at the block, that
 * names them.
 *
 * @param sized whether a change of the block says already that sizes differ
 */
export function diffLayers(
  block: string,
  pairs: readonly LayerPair[],
  wiring: Wiring,
  sized: boolean,
): readonly Change[] {
  const bodies = pairs.filter(([a, b]) => !isGate((a ?? b) as ComparedLayer));
  const changed = bodies.flatMap(([a, b]): Found[] => {
    if (a === undefined || b === undefined) return [];
    const read = wiring.readings(a, b, block);
    const rewired: Difference[] =
      read === undefined
        ? []
        : [{ kind: "layer-changed", before: `reads ${read[0]}`, after: `reads ${read[1]}` }];
    return [...differences(a, b, sized), ...rewired].map((each) => ({ ...each, scope: a.op.loc.scope }));
  });
  const only = (kind: ChangeKind, index: 0 | 1, training: boolean): Change[] => {
    const layers = bodies.flatMap((pair) => {
      const layer = pair[1 - index] === undefined ? pair[index] : undefined;
      return layer !== undefined && isTrainingOnly(layer) === training ? [layer] : [];
    });
    if (layers.length === 0) return [];
    const text = layers.map((layer) => layerText(layer, block)).join(", ");
    const [at = block] = layers.length === 1 ? layers.map(({ op }) => op.loc.scope) : [];
    return [index === 0 ? changeOf(kind, at, text, null) : changeOf(kind, at, null, text)];
  };
  return [
    ...merged(block, changed),
    ...only("layer-removed", 0, false),
    ...only("layer-added", 1, false),
    ...only("training-changed", 0, true),
    ...only("training-changed", 1, true),
  ];
}

/** `expand/act: silu`, with what its rate is where that is all that it has. */
function layerText(layer: ComparedLayer, block: string): string {
  const rate = isTrainingOnly(layer) ? factsText(layer, [...layer.facts.keys()]) : "";
  return `${below(layer.op.loc.scope, block)}: ${layer.kind}${rate === "" ? "" : ` (${rate}, training only)`}`;
}

/**
 * The facts of two layers that differ: what they compute, and what only training has a use for. Sizes of parameters that
 * both have are left out where `sized`.
 */
export function differences(a: ComparedLayer, b: ComparedLayer, sized: boolean): readonly Difference[] {
  if (a.kind !== b.kind) return [{ kind: "layer-changed", before: a.kind, after: b.kind }];
  const names = [...new Set([...a.facts.keys(), ...b.facts.keys()])].filter(
    (name) => a.facts.get(name)?.text !== b.facts.get(name)?.text,
  );
  const uses = (name: string): readonly (FactUse | undefined)[] =>
    [a, b].map(({ facts }) => facts.get(name)?.use);
  const used = (use: FactUse): readonly string[] => names.filter((name) => uses(name).includes(use));
  const sizes = used("size").filter((name) => !sized || uses(name).includes(undefined));
  const computed = [...used("computed"), ...used("origin"), ...sizes];
  // Parameters of other sizes start otherwise in any case.
  const training = [...used("training"), ...(used("size").length > 0 ? [] : used("start"))];
  // What kind of gate it is, its own text says.
  const word = isGate(a) ? "" : `${a.kind} `;
  const of = (kind: Difference["kind"], keys: readonly string[], note: string): Difference[] =>
    keys.length === 0
      ? []
      : [
          {
            kind,
            before: `${word}${factsText(a, keys)}${note}`,
            after: `${word}${factsText(b, keys)}${note}`,
          },
        ];
  return [...of("layer-changed", computed, ""), ...of("training-changed", training, " (training only)")];
}

function factsText({ facts }: ComparedLayer, names: readonly string[]): string {
  return names.map((name) => `${name} = ${facts.get(name)?.text ?? "none"}`).join(", ");
}

/** Equal differences of several layers as one change. */
function merged(block: string, found: readonly Found[]): readonly Change[] {
  const groups = new Map<string, Found[]>();
  for (const each of found) {
    const key = JSON.stringify([each.kind, each.before, each.after]);
    const others = groups.get(key);
    if (others === undefined) groups.set(key, [each]);
    else others.push(each);
  }
  return [...groups.values()].map((group) => {
    const [{ kind, before, after, scope }] = group as [Found, ...Found[]];
    if (group.length === 1) return changeOf(kind, scope, before, after);
    const layers = group.map((each) => below(each.scope, block)).join(", ");
    return changeOf(kind, block, before, `${after} in ${layers}`);
  });
}

/** The changes of a block's gates: of their kind, their position, and everything that they are. */
export function diffGates(block: string, pairs: readonly LayerPair[], wiring: Wiring): readonly Change[] {
  const gates = pairs.filter(([a, b]) => isGate((a ?? b) as ComparedLayer));
  // What several gates share is counted with the first of them.
  const upTo = (end: number, side: 0 | 1): number =>
    countOps(gates.slice(0, end).flatMap((pair) => pair[side]?.op ?? [])).parameters;
  return gates.flatMap((pair, i) => {
    const [before, after] = ([0, 1] as const).map((side) => upTo(i + 1, side) - upTo(i, side)) as [
      number,
      number,
    ];
    return diffGate(block, pair, after - before, wiring);
  });
}

/** @param delta by how many parameters there are more */
function diffGate(block: string, [old, now]: LayerPair, delta: number, wiring: Wiring): readonly Change[] {
  const at = (old ?? now)?.op.loc.scope;
  if (at === undefined) return [];
  if (old === undefined || now === undefined) {
    const kind = old === undefined ? "attention-added" : "attention-removed";
    return [changeOf(kind, at, textOf(old), textOf(now), delta)];
  }
  const positions = wiring.positions(old, now, block);
  const texts = (index: 0 | 1, detail: string | null): string =>
    [textOf([old, now][index]), detail, positions?.[index]]
      .filter((each) => each !== null && each !== undefined)
      .join(", ");
  if (old.kind !== now.kind)
    return [changeOf("attention-swapped", at, texts(0, null), texts(1, null), delta)];
  const all = differences(old, now, false);
  // Sizes that the texts say need not be said again.
  const shown = textOf(old) === textOf(now) ? all : differences(old, now, true);
  const computed = shown.find(({ kind }) => kind === "layer-changed");
  const training = all.filter(({ kind }) => kind === "training-changed");
  const kind: ChangeKind = positions === undefined ? "attention-changed" : "attention-moved";
  // Gates that are the same, of which one has a part that is not trained any more.
  const counts = [old, now].map((gate) => (delta === 0 ? null : `${parametersOf(gate)} parameters`));
  const isSame = positions === undefined && all.length === training.length && delta === 0;
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

function textOf(gate: ComparedLayer | undefined): string | null {
  return (gate && gateOf(gate.op)?.text) ?? null;
}

function parametersOf(gate: ComparedLayer | undefined): number {
  return gate === undefined ? 0 : countOps([gate.op]).parameters;
}
