import type { NamedMaps } from "./named-maps.js";
import type { FeatureSource, ResolvedFeature } from "./resolved.js";
import type { FilledSpec } from "./schema.js";

/** The spec's `features`, each with the map that it means. */
export function featuresOf(features: FilledSpec["features"], maps: NamedMaps): readonly ResolvedFeature[] {
  return features.map((feature, i): ResolvedFeature => {
    const { name, level, stage, from } =
      typeof feature === "string" ? { name: feature, level: feature } : { ...feature };
    const exponent = level === undefined ? undefined : Number(level.slice(1));
    const isMeant = ({ after, stride }: FeatureSource): boolean =>
      exponent === undefined
        ? typeof after === "object" && "stage" in after && after.stage === stage
        : stride === 2 ** exponent;
    const place = from === undefined ? maps.sources.findLast(isMeant) : maps.named(from);
    return { specPath: ["features", i], name, level: exponent, stage, from, place };
  });
}
