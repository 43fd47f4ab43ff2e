import type { JsonPath } from "../../base/json-path.js";
import type { RefuseDefinition } from "../definitions/amounts.js";
import { absentLevel } from "../definitions/named-values.js";
import type { NamedMaps } from "../named-maps.js";
import type { NeckContext } from "../neck/resolve.js";
import type { ResolvedMapHead } from "../neck/resolved.js";
import { LEVEL_NAMES } from "../values.js";
import { anchorsByLevel } from "./anchors.js";
import { resolveDecoder } from "./decoders.js";
import { headPartOf, type RegionSource, type ResolvedDetection } from "./resolved.js";
import type { WrittenDetection } from "./schema.js";

/** How the heads' results become boxes, with the maps that regions are cut out of. */
export function resolveDetection(
  { regions, decoder, anchors, ...rest }: WrittenDetection,
  { maps, heads = [] }: { readonly maps: NamedMaps; readonly heads: readonly ResolvedMapHead[] | undefined },
  { defaults, refuse }: NeckContext,
): ResolvedDetection {
  const specPath = ["detection"];
  const resolved = {
    ...rest,
    decoder: resolveDecoder(decoder),
    anchors: anchors && anchorsByLevel(anchors),
    // That a head isn't there, a rule says.
    strides:
      heads.find(({ name }) => name === headPartOf(rest.boxes).head)?.levels.map(({ stride }) => stride) ??
      [],
    specPath,
    ...defaults(undefined),
  };
  if (regions === undefined) return resolved;
  const { from, ...others } = regions;
  return {
    ...resolved,
    regions: { ...others, maps: mapsOf(from, maps, [...specPath, "regions", "from"], refuse) },
  };
}

function mapsOf(
  names: readonly string[],
  maps: NamedMaps,
  path: JsonPath,
  refuse: RefuseDefinition,
): readonly RegionSource[] {
  return names.flatMap((name, i) => {
    const found = maps.named(name);
    if (found !== undefined) return [{ name, ...found }];
    // A name that there isn't is reported where names are checked.
    if (LEVEL_NAMES.includes(name)) {
      refuse({ path: [...path, i], message: absentLevel(name), hint: `there are ${maps.levels.join(", ")}` });
    }
    return [];
  });
}
