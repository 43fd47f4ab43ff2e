import type { ResolvedBlock } from "./blocks/registry.js";
import type { FeaturePlace, ResolvedFeature, ResolvedStem } from "./resolved.js";
import type { Spec } from "./schema.js";

/** The spec's `features`, each with the map that it means. */
export function resolveFeatures(
  spec: Spec,
  stem: ResolvedStem | undefined,
  blocks: readonly ResolvedBlock[],
): readonly ResolvedFeature[] {
  const places = featurePlaces(stem, blocks);
  return spec.features.map((feature, i): ResolvedFeature => {
    const specPath = ["features", i];
    const { name, level, stage } =
      typeof feature === "string" ? { name: feature, level: feature, stage: undefined } : feature;
    const exponent = level === undefined ? undefined : Number(level.slice(1));
    const place = places.findLast(({ after, stride }) =>
      exponent === undefined ? typeof after === "object" && after.stage === stage : stride === 2 ** exponent,
    );
    return { specPath, name, level: exponent, stage, place };
  });
}

/** Every map that a feature can be, in order. */
export function featurePlaces(
  stem: ResolvedStem | undefined,
  blocks: readonly ResolvedBlock[],
): readonly FeaturePlace[] {
  const places: FeaturePlace[] = [];
  let stride = 1;
  if (stem !== undefined) {
    const { channels, pool } = stem;
    stride = stem.stride;
    places.push({ after: "stem-convolutions", stride, channels });
    stride *= pool?.stride ?? 1;
    if (pool !== undefined) places.push({ after: "stem", stride, channels });
  }
  for (const block of blocks) {
    stride *= block.stride;
    places.push({ after: { stage: block.stage, index: block.index }, stride, channels: block.channels });
  }
  return places;
}
