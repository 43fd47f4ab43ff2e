import type { ResolvedBlock } from "./blocks/registry.js";
import { mapKey } from "./named-maps.js";
import { isOfHead } from "./neck/resolved.js";
import type { ResolvedSpec } from "./resolved.js";

/** The blocks that the network's outputs are computed of, in order. Without a head, those after the last map that is read are not. */
export function neededBlocks({
  blocks,
  features,
  head,
  neck,
  heads = [],
  detection,
}: Pick<
  ResolvedSpec,
  "blocks" | "features" | "head" | "neck" | "heads" | "detection"
>): readonly ResolvedBlock[] {
  const wanted = new Set(features.flatMap(({ place }) => (place === undefined ? [] : mapKey(place.after))));
  for (const map of Object.values(neck?.maps ?? {})) wanted.add(mapKey(map));
  for (const { source } of heads.flatMap(({ levels }) => levels)) {
    if (!isOfHead(source)) wanted.add(mapKey(source));
  }
  for (const { after } of detection?.regions?.maps ?? []) wanted.add(mapKey(after));
  const last = blocks.at(-1);
  if (head !== undefined && last !== undefined) wanted.add(mapKey(last));
  const needed = blocks.toReversed().filter((block, i, reversed) => {
    if (!wanted.has(mapKey(block))) return false;
    const before = reversed[i + 1];
    const reads = block.reads?.names ?? (before === undefined ? [] : [before]);
    for (const map of reads) wanted.add(mapKey(map));
    return true;
  });
  return needed.reverse();
}
