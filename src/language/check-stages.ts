import { checkNames, type NamesOf } from "./check-names.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import { headParts } from "./detection/resolved.js";
import { headsWithOutputs, namesInHeads, namesInNeck } from "./neck/check.js";
import type { FilledSpec } from "./schema.js";
import { INPUT_VALUE, readingOf, STEM_VALUE } from "./values.js";

/** The maps that regions are cut out of, and the heads whose results become boxes. */
function namesInDetection({
  detection,
  heads = [],
}: Pick<FilledSpec, "detection" | "heads">): readonly NamesOf[] {
  if (detection === undefined) return [];
  const { regions } = detection;
  const maps = regions?.from.map((name, i) => ({ name, at: ["detection", "regions", "from", i] })) ?? [];
  // That a head isn't there, a rule says.
  const read = headParts(detection).filter(({ of }) => heads.some(({ name }) => name === of.head));
  return [{ reads: [...read.map(({ of }) => ({ name: of.head, at: [] })), ...maps], levels: true }];
}

/** Checks the names that stages, layers of the neck and heads give, and those that they and features read. */
export function checkStageValues(
  spec: Pick<FilledSpec, "stages" | "stem" | "features" | "neck" | "heads" | "detection">,
  refuse: RefuseDefinition,
): void {
  const { stages, stem, features, neck, heads } = spec;
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
  const all = [
    ...ofStages,
    ...namesInNeck(spec),
    ...ofFeatures,
    ...namesInHeads(spec),
    ...namesInDetection(spec),
  ];
  if (neck === undefined && heads === undefined && spec.detection === undefined) {
    checkNames(all, { noun: "stage", own, taken }, refuse);
  } else {
    const outputs = headsWithOutputs(heads).map((name) => ({ name, at: [] }));
    checkNames([...all, { reads: outputs }], { noun: "map", reader: "layer", own, taken }, refuse);
  }
}
