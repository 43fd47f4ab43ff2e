import { Defect } from "../base/diagnostic.js";
import { makeDivisible, roundHalfEven } from "../base/rounding.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import type { BlockContext } from "./blocks/block-kind.js";
import {
  type BuiltInStage,
  isDefined,
  positionsOf,
  type ResolvedBlock,
  resolveBlock,
  type Stage,
} from "./blocks/registry.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import type { DefinedStage } from "./definitions/definition.js";
import type { LayerCount } from "./definitions/layer-resolver.js";
import { type DefinedContext, resolveDefinition } from "./definitions/resolve-definition.js";
import { resolveDetection } from "./detection/resolve.js";
import { gatesOf } from "./gates.js";
import { axesOf, isSignal, type NetworkInput } from "./input.js";
import { NamedMaps } from "./named-maps.js";
import { type NeckContext, resolveHeads, resolveNeck } from "./neck/resolve.js";
import { resolvePreprocessing } from "./preprocessing.js";
import { featuresOf } from "./resolve-features.js";
import type { ResolvedHead, ResolvedSpec, ResolvedStem } from "./resolved.js";
import type { LayerDefaults } from "./resolved-part.js";
import type { FilledSpec, Stem } from "./schema.js";
import { USUAL_SIDE } from "./sections.js";

/**
 * Says everything that a spec leaves to rules:
 *
 *     channels = makeDivisible(channels · width, divisor, roundLimit)
 *     repeats  = ⌈repeat · depth⌉, or the nearest integer
 *     expanded = makeDivisible(input · expansion, divisor)
 *     dropPath of block i of n = dropPath · i / n
 *
 * Source: EfficientNet (ICML 2019), section 3.3, with the rounding of its reference implementation.
 *
 * @param refuse is told what a definition can't mean in a stage; the result is then of no use
 */
export function resolveSpec(
  spec: FilledSpec,
  name: string,
  passes: readonly PassInvocation[],
  refuse: RefuseDefinition,
): ResolvedSpec {
  const stem = spec.stem === null ? undefined : resolveStem(spec, spec.stem);
  const maps = new NamedMaps(spec.input.channels, stem);
  const count: LayerCount = { layers: 0 };
  const input = inputOf(spec.input);
  const axes = axesOf(input);
  const blocks = resolveBlocks(spec, maps, { count, axes }, refuse);
  const context: NeckContext = {
    definitions: spec.blocks,
    defaults: (activation) => layerDefaults(spec, activation),
    roundChannels: roundingOf(spec),
    scaleChannels: (channels) => scaleChannels(channels, spec),
    count,
    axes,
    refuse,
  };
  const neck = spec.neck && resolveNeck(spec.neck, maps, context);
  const heads = spec.heads && resolveHeads(spec.heads, maps, context);
  return {
    name: spec.name ?? name,
    description: spec.description,
    family: spec.family,
    input,
    stem,
    blocks,
    neck,
    heads,
    detection: spec.detection && resolveDetection(spec.detection, { maps, heads }, context),
    head: spec.head.classifier ? resolveHead(spec) : undefined,
    features: featuresOf(spec.features, maps),
    preprocessing: isSignal(input) ? undefined : resolvePreprocessing(spec.preprocessing, input.channels),
    labels: spec.labels,
    names: spec.names,
    dropPath: spec.dropPath,
    passes,
    expect: spec.expect,
  };
}

function inputOf({
  channels,
  height = USUAL_SIDE,
  width = USUAL_SIDE,
  length,
}: FilledSpec["input"]): NetworkInput {
  return length === undefined ? { channels, height, width } : { channels, length };
}

function resolveStem(spec: FilledSpec, stem: Stem): ResolvedStem {
  const { channels, deep, kernel, stride, normalized, pool, activation, scaled } = stem;
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

function resolveBlocks(
  spec: FilledSpec,
  maps: NamedMaps,
  network: Pick<DefinedContext, "count" | "axes">,
  refuse: RefuseDefinition,
): readonly ResolvedBlock[] {
  const repeats = spec.stages.map((stage) => scaledRepeat(stage, spec));
  const total = repeats.reduce((sum, each) => sum + each, 0);
  const blocks: ResolvedBlock[] = [];
  spec.stages.forEach((stage, stageIndex) => {
    const repeat = repeats[stageIndex] ?? 0;
    const specPath = ["stages", stageIndex];
    for (let index = 0; index < repeat; index++) {
      const from = index === 0 ? stage.from : undefined;
      const { reads, ...entering } = maps.begin(from, [...specPath, "from"], refuse);
      const site: BlockSite = {
        specPath,
        ...layerDefaults(spec, stage.activation),
        stage: stageIndex,
        index,
        reads,
        inputChannels: entering.channels,
        stride: index === 0 ? stage.stride : 1,
        dropPath: (spec.dropPath * blocks.length) / total,
        roundChannels: roundingOf(spec),
      };
      const block = isDefined(stage)
        ? resolveDefined(stage, { ...site, repeat, ...network }, spec, refuse)
        : resolveBuiltIn(stage, site, spec);
      blocks.push(block);
      maps.add(block, entering.stride);
    }
    maps.name(stage.as);
  });
  return blocks;
}

/** The reference implementations expand with the default round limit, whatever the widths have. */
function roundingOf({ scaling }: FilledSpec): NeckContext["roundChannels"] {
  return (channels, divisor = scaling.divisor) => makeDivisible(channels, divisor);
}

type BlockSite = Omit<BlockContext, "channels" | "residual" | "gates">;

function resolveBuiltIn(stage: BuiltInStage, site: BlockSite, spec: FilledSpec): ResolvedBlock {
  const channels = scaleChannels(stage.channels, spec);
  // Block types whose shortcut can change the shape decide this themselves.
  const residual = stage.residual ?? (site.stride === 1 && site.inputChannels === channels);
  return resolveBlock(stage, { ...site, channels, residual });
}

function resolveDefined(
  stage: DefinedStage,
  site: BlockSite & Pick<DefinedContext, "repeat" | "count" | "axes">,
  spec: FilledSpec,
  refuse: RefuseDefinition,
): ResolvedBlock {
  const definition = spec.blocks[stage.block];
  if (definition === undefined) throw new Defect(`the schema let a block "${stage.block}" through`);
  const block = resolveDefinition(
    definition,
    stage,
    {
      ...site,
      definitions: spec.blocks,
      wantedChannels: stage.channels === undefined ? undefined : scaleChannels(stage.channels, spec),
      scaleChannels: (channels) => scaleChannels(channels, spec),
    },
    refuse,
  );
  return { ...block, gates: gatesOf(stage, site, positionsOf(block)[0]) };
}

function resolveHead(spec: FilledSpec): ResolvedHead {
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
  { defaults }: FilledSpec,
  activation: LayerDefaults["activation"] | undefined,
): LayerDefaults {
  const { norm, padding, initialization } = defaults;
  return { activation: activation ?? defaults.activation, norm, padding, initialization };
}

function scaleChannels(channels: number, { scaling }: FilledSpec): number {
  const { width, divisor, roundLimit, rounding } = scaling;
  return rounding === "down"
    ? Math.max(divisor, Math.floor((channels * width) / divisor) * divisor)
    : makeDivisible(channels * width, divisor, roundLimit);
}

function scaledRepeat({ repeat, scaleDepth }: Stage, { scaling }: FilledSpec): number {
  if (!scaleDepth) return repeat;
  const scaled = repeat * scaling.depth;
  return scaling.depthRounding === "nearest" ? Math.max(1, roundHalfEven(scaled)) : Math.ceil(scaled);
}
