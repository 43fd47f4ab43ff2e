import type { ResolvedSpec } from "../language/resolved.js";
import type { WeightNames } from "../language/weight-names.js";
import type { BlockNames, GateNames, NameMap } from "../weights/names/name-map.js";
import { OF_SPEC } from "../weights/names/registry.js";

/** What is said nowhere keeps ecagen's name. */
const OTHER_BLOCKS: BlockNames = { at: "{scope}", layers: [{ "": "" }] };
const OTHER_GATES: GateNames = { layers: { "": "" } };

/** The names that a spec has for files of weights, as those of a framework; undefined where it has none. */
export function ownNames({ names }: Pick<ResolvedSpec, "names">): NameMap | undefined {
  if (names === undefined) return undefined;
  const rows = Object.entries(names.blocks).flatMap(([key, each]) => rowsOf(key, each));
  const gates = Object.entries(names.gates).map(([of, layers]): GateNames => ({ of, layers }));
  return {
    kind: OF_SPEC,
    title: "the spec",
    namings: [
      { title: "its `names`", own: true, blocks: [...rows, OTHER_BLOCKS], gates: [...gates, OTHER_GATES] },
    ],
  };
}

/** A key is a block's scope or the word for its type. */
function rowsOf(key: string, { at, layers }: WeightNames["blocks"][string]): readonly BlockNames[] {
  const row = { at, layers: [layers] };
  return [
    { ...row, scope: key },
    { ...row, of: [key] },
  ];
}
