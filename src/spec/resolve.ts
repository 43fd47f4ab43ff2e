import { makeDivisible, roundHalfEven } from "../base/rounding.js";
import type { PassInvocation } from "../passes/pass.js";
import { resolveBlock, type Stage } from "./blocks/registry.js";
import { resolveFeatures } from "./features.js";
import type { LayerDefaults, ResolvedBlock, ResolvedHead, ResolvedSpec, ResolvedStem } from "./resolved.js";
import type { Spec } from "./schema.js";

/**
 * Says everything that a spec leaves to rules:
 *
 *     channels = makeDivisible(channels · width, divisor, roundLimit)
 *     repeats  = ⌈repeat · depth⌉, or the nearest integer
 *     expanded = makeDivisible(input · expansion, divisor)
 *     dropPath of block i of n = dropPath · i / n
 *
 * Source: EfficientNet (ICML 2019), section 3.3, with the rounding of its reference implementation.
 */
export function resolveSpec(spec: Spec, name: string, passes: readonly PassInvocation[]): ResolvedSpec {
  const stem = resolveStem(spec);
  const blocks = resolveBlocks(spec, stem.channels);
  return {
    name: spec.name ?? name,
    description: spec.description,
    family: spec.family,
    input: spec.input,
    stem,
    blocks,
    head: spec.head.classifier ? resolveHead(spec) : undefined,
    features: resolveFeatures(spec, stem, blocks),
    dropPath: spec.dropPath,
    passes,
    expect: spec.expect,
  };
}

function resolveStem(spec: Spec): ResolvedStem {
  const { channels, deep, kernel, stride, normalized, pool, activation, scaled } = spec.stem;
  const { padding } = spec.defaults;
  const scale = (each: number): number => (scaled ? scaleChannels(each, spec) : each);
  return {
    specPath: ["stem"],
    ...layerDefaults(spec, activation),
    deep: deep.map(scale),
    channels: scale(channels),
    kernel,
    stride,
    normalized,
    pool: pool && { ...pool, padding: pool.padding ?? padding },
  };
}

function resolveBlocks(spec: Spec, stemChannels: number): readonly ResolvedBlock[] {
  const repeats = spec.stages.map((stage) => scaledRepeat(stage, spec));
  const total = repeats.reduce((sum, each) => sum + each, 0);
  const blocks: ResolvedBlock[] = [];
  let inputChannels = stemChannels;
  spec.stages.forEach((stage, stageIndex) => {
    const channels = scaleChannels(stage.channels, spec);
    for (let index = 0; index < (repeats[stageIndex] ?? 0); index++) {
      const stride = index === 0 ? stage.stride : 1;
      blocks.push(
        resolveBlock(stage, {
          specPath: ["stages", stageIndex],
          ...layerDefaults(spec, stage.activation),
          stage: stageIndex,
          index,
          inputChannels,
          channels,
          stride,
          // Block types whose shortcut can change the shape decide this themselves.
          residual: stage.residual ?? (stride === 1 && inputChannels === channels),
          dropPath: (spec.dropPath * blocks.length) / total,
          // The reference implementations expand with the default round limit, whatever the widths have.
          roundChannels: (value) => makeDivisible(value, spec.scaling.divisor),
        }),
      );
      inputChannels = channels;
    }
  });
  return blocks;
}

function resolveHead(spec: Spec): ResolvedHead {
  const { channels, minChannels = 0, dropout, classes, activation, scaled } = spec.head;
  const { preactivation, poolFirst, bias } = spec.head;
  return {
    specPath: ["head"],
    ...layerDefaults(spec, activation),
    preactivation,
    poolFirst,
    bias,
    channels:
      channels === undefined || !scaled ? channels : Math.max(minChannels, scaleChannels(channels, spec)),
    dropout,
    classes,
  };
}

function layerDefaults(
  { defaults }: Spec,
  activation: LayerDefaults["activation"] | undefined,
): LayerDefaults {
  const { norm, padding, initialization } = defaults;
  return { activation: activation ?? defaults.activation, norm, padding, initialization };
}

function scaleChannels(channels: number, { scaling }: Spec): number {
  const { width, divisor, roundLimit, rounding } = scaling;
  return rounding === "down"
    ? Math.max(divisor, Math.floor((channels * width) / divisor) * divisor)
    : makeDivisible(channels * width, divisor, roundLimit);
}

function scaledRepeat({ repeat, scaleDepth }: Stage, { scaling }: Spec): number {
  if (!scaleDepth) return repeat;
  const scaled = repeat * scaling.depth;
  return scaling.depthRounding === "nearest" ? Math.max(1, roundHalfEven(scaled)) : Math.ceil(scaled);
}
