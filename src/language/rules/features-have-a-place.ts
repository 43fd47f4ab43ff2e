import { featureSources } from "../resolve.js";
import type { FeatureSource } from "../resolved.js";
import type { SpecRule } from "./rule.js";

export const featuresHaveAPlace: SpecRule = {
  name: "features-have-a-place",
  doc: "A feature names a level or a stage that the network has, and each map is an output once.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    const { stem, blocks, features } = resolved;
    const taken = new Map<string, string>();
    for (const { specPath, name, level, stage, place } of features) {
      if ((level === undefined) === (stage === undefined)) {
        const both = level !== undefined;
        report(specPath, `${name} must have a \`level\` or a \`stage\`${both ? ", not both" : ""}`);
      } else if (place === undefined) {
        const missing =
          level === undefined
            ? `there is no stage ${stage}: the last is ${blocks.at(-1)?.stage ?? 0}`
            : `the network has no level C${level}: no map has the stride ${2 ** level}`;
        report(specPath, missing, `there are ${levelsOf(featureSources(stem, blocks)).join(", ")}`);
      } else {
        const key = JSON.stringify(place.after);
        const other = taken.get(key);
        if (other !== undefined) report(specPath, `${name} and ${other} are the same map`);
        taken.set(key, name);
      }
    }
  },
};

/** The levels of the pyramid that a network has. */
function levelsOf(sources: readonly FeatureSource[]): readonly string[] {
  return [...new Set(sources.map(({ stride }) => Math.log2(stride)))]
    .filter(Number.isInteger)
    .map((level) => `C${level}`);
}
