import type { JsonPath } from "../base/json-path.js";
import { didYouMean } from "../base/suggest.js";
import type { Stage } from "./blocks/registry.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import type { Spec } from "./schema.js";
import { INPUT_VALUE, readingOf, STEM_VALUE } from "./values.js";

/** Checks the names that stages give and read: each that is read was given before, and each is given once and read. */
export function checkStageValues({ stages, stem, features }: StageValues, refuse: RefuseDefinition): void {
  const own = stem === null ? [INPUT_VALUE] : [INPUT_VALUE, STEM_VALUE];
  const given = new Map<string, number>();
  const read = new Set<string>();
  const all = stages.flatMap(({ as }) => as ?? []);
  const checkName = (name: string, path: JsonPath, known: ReadonlyMap<string, number>): void => {
    read.add(name);
    if (known.has(name) || own.includes(name)) return;
    const later = all.includes(name);
    const message = later ? `"${name}" is the name of a later stage` : `no stage is named "${name}"`;
    const hint = later ? "a stage begins with what stands before it" : didYouMean(name, [...own, ...all]);
    refuse({ path, message, hint });
  };
  stages.forEach(({ as, from }, i) => {
    const path = ["stages", i];
    const names = from === undefined ? [] : readingOf(from).names;
    for (const name of names) checkName(name, [...path, "from"], given);
    if (as === undefined) return;
    if (given.has(as) || [INPUT_VALUE, STEM_VALUE].includes(as)) {
      const message = given.has(as)
        ? `two stages are named "${as}"`
        : `"${as}" is the name of what stands before the stages`;
      refuse({ path: [...path, "as"], message, hint: "choose another name" });
    }
    given.set(as, i);
  });
  features.forEach((feature, i) => {
    if (typeof feature !== "object" || feature.from === undefined) return;
    checkName(feature.from, ["features", i, "from"], given);
  });
  stages.forEach(({ as }, i) => {
    if (as === undefined || read.has(as)) return;
    refuse({ path: ["stages", i, "as"], message: `nothing reads "${as}"`, hint: "leave `as` out" });
  });
}

/** The parts of a spec that have to do with the names of stages. */
type StageValues = Pick<Spec, "stem" | "features"> & { readonly stages: readonly Stage[] };
