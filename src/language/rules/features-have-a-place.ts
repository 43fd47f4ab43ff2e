import { featureSources, mapKey } from "../named-maps.js";
import type { FeatureSource } from "../resolved.js";
import type { SpecRule } from "./rule.js";

export const featuresHaveAPlace: SpecRule = {
  name: "features-have-a-place",
  doc: "A feature must name an existing level, stage or value, and each map can be an output only once.",
  remedy: "Name a level, stage or value that exists, each once.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    const { blocks, features } = resolved;
    const taken = new Map<string, string>();
    for (const { specPath, name, level, stage, from, place } of features) {
      const given = [level, stage, from].filter((each) => each !== undefined);
      if (given.length !== 1) {
        const many = given.length > 1;
        report(
          specPath,
          `${name} must have a \`level\`, a \`stage\` or a \`from\`${many ? ", one of them" : ""}`,
        );
      } else if (place === undefined) {
        // A name that there isn't is reported where names are checked.
        if (from !== undefined) continue;
        const missing =
          level === undefined
            ? `there is no stage ${stage}: the last is ${blocks.at(-1)?.stage ?? 0}`
            : `the network has no level C${level}: no map has the stride ${2 ** level}`;
        report(specPath, missing, `there are ${levelsOf(featureSources(resolved)).join(", ")}`);
      } else if (place.after === "input") {
        report(specPath, `${name} is the image itself`, "name what a stage makes of it with `as`");
      } else {
        const key = mapKey(place.after);
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
