import { ecagen } from "./ecagen.js";
import { ecanet } from "./ecanet.js";
import { efficientnetPytorch } from "./efficientnet-pytorch.js";
import type { NameMap } from "./name-map.js";
import { timm } from "./timm.js";
import { torchvision } from "./torchvision.js";

const all = [ecagen, timm, torchvision, ecanet, efficientnetPytorch] as const;

/** Every framework whose names are known. Where two name a network alike, the first one is said. */
export const nameMaps: readonly NameMap[] = all;

export function nameMapOf(kind: NameKind): NameMap {
  return byKind[kind];
}

export type NameKind = (typeof all)[number]["kind"];

export const NAME_KINDS = all.map(({ kind }) => kind) as readonly NameKind[];

const byKind = Object.fromEntries(all.map((map) => [map.kind, map])) as Readonly<Record<NameKind, NameMap>>;
