import type { JsonPath } from "../../base/json-path.js";
import type { RuleSubject } from "./rule.js";

/** Stem and stages with their paths: everything written that has a kernel and a stride. */
export function writtenLayers({ stem, stages }: RuleSubject["written"]): readonly {
  readonly path: JsonPath;
  readonly kernel: number;
  readonly stride: number;
}[] {
  const all = [
    { path: ["stem"], layer: stem },
    ...stages.map((layer, i) => ({ path: ["stages", i], layer })),
  ];
  return all.flatMap(({ path, layer }) => (layer === undefined ? [] : [{ path, ...layer }]));
}
