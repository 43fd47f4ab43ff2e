import { InputError } from "../../base/diagnostic.js";
import { ecagen } from "./ecagen.js";
import { ecanet } from "./ecanet.js";
import { efficientnetPytorch } from "./efficientnet-pytorch.js";
import type { NameMap } from "./name-map.js";
import { timm } from "./timm.js";
import { torchvision } from "./torchvision.js";

const all = [ecagen, timm, torchvision, ecanet, efficientnetPytorch] as const;

/** Every framework whose names are known. Where two name a network alike, the first one is said. */
export const nameMaps: readonly NameMap[] = all;

/** The names that a spec says itself, beside those of frameworks. */
export const OF_SPEC = "spec";

type FrameworkKind = (typeof all)[number]["kind"];

export type NameKind = FrameworkKind | typeof OF_SPEC;

export const NAME_KINDS: readonly NameKind[] = [...all.map(({ kind }) => kind), OF_SPEC];

const byKind = Object.fromEntries(all.map((map) => [map.kind, map])) as Readonly<
  Record<FrameworkKind, NameMap>
>;

/**
 * The names of a kind. `own` are those that the network's spec says. Errors: `InputError` where these are meant, and it says none.
 */
export function nameMapOf(kind: NameKind, own?: NameMap): NameMap {
  if (kind !== OF_SPEC) return byKind[kind];
  if (own !== undefined) return own;
  throw InputError.of("weights/no-own-names", "the spec has no `names`, which --names spec asks for", {
    hint: 'write "names": { "blocks": { "my-block": { "at": "layer{stage}.{index}", "layers": { "": "" } } } }, or leave --names out',
  });
}
