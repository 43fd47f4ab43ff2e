import type { JsonPath } from "../../base/json-path.js";
import type { RefuseDefinition } from "../definitions/amounts.js";
import { absentLevel } from "../definitions/named-values.js";
import type { NamedMaps } from "../named-maps.js";
import type { NeckContext } from "../neck/resolve.js";
import { LEVEL_NAMES } from "../values.js";
import type { RegionSource, ResolvedDetection } from "./resolved.js";
import type { WrittenDetection } from "./schema.js";

/** How the heads' results become boxes, with the maps that regions are cut out of. */
export function resolveDetection(
  { regions, ...rest }: WrittenDetection,
  maps: NamedMaps,
  { defaults, refuse }: NeckContext,
): ResolvedDetection {
  const specPath = ["detection"];
  const resolved = { ...rest, specPath, ...defaults(undefined) };
  if (regions === undefined) return resolved;
  const { from, ...heads } = regions;
  return {
    ...resolved,
    regions: { ...heads, maps: mapsOf(from, maps, [...specPath, "regions", "from"], refuse) },
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
