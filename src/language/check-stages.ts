import { checkNames, type NamesOf } from "./check-names.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import type { Spec } from "./schema.js";
import { INPUT_VALUE, readingOf, STEM_VALUE } from "./values.js";

/** Checks the names that stages give, and those that stages and features read. */
export function checkStageValues(
  { stages, stem, features }: Pick<Spec, "stages" | "stem" | "features">,
  refuse: RefuseDefinition,
): void {
  const ofStages = stages.map(({ as, from }, i): NamesOf => {
    const path = ["stages", i];
    const names = from === undefined ? [] : readingOf(from).names;
    return {
      reads: names.map((name) => ({ name, at: [...path, "from"] })),
      gives: as === undefined ? undefined : { name: as, at: [...path, "as"] },
    };
  });
  const ofFeatures = features.flatMap((feature, i): readonly NamesOf[] =>
    typeof feature === "string" || feature.from === undefined
      ? []
      : [{ reads: [{ name: feature.from, at: ["features", i, "from"] }] }],
  );
  const taken = [INPUT_VALUE, STEM_VALUE];
  const own = stem === null ? [INPUT_VALUE] : taken;
  checkNames([...ofStages, ...ofFeatures], { noun: "stage", own, taken }, refuse);
}
