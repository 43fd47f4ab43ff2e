import type { JsonPath } from "../../base/json-path.js";
import type { BlockContext } from "../blocks/block-kind.js";
import type { MapAxes } from "../input.js";
import { INPUT_VALUE, type MapShape } from "../values.js";
import { Amounts, type DefinitionProblem, type RefuseDefinition } from "./amounts.js";
import type { DefinedStage, Definition } from "./definition.js";
import type { ExpressionValue, Scope } from "./evaluate.js";
import { isKnown, type LayerContext, type LayerCount, type ResolvedList } from "./layer-resolver.js";
import { resolveLayers } from "./resolve-layers.js";
import type { ResolvedDefined } from "./resolved-definition.js";
import type { ResolvedLayer } from "./resolved-layers.js";

/** Where a defined block stands. Its output channels follow from its layers. */
export interface DefinedContext extends Omit<BlockContext, "channels" | "residual" | "gates"> {
  /** The stage's own `channels`, scaled; undefined where it says none. */
  readonly wantedChannels: number | undefined;
  /** Blocks of the stage. */
  readonly repeat: number;
  /** Width scaling of a number of channels. */
  readonly scaleChannels: (channels: number) => number;
  /** The layers of the blocks before. */
  readonly count: LayerCount;
  readonly axes: MapAxes;
}

/** One block of a stage of defined blocks, every expression evaluated. What has no value is refused. */
export function resolveDefinition(
  definition: Definition,
  stage: DefinedStage,
  { roundChannels, scaleChannels, wantedChannels, repeat, count, axes, ...site }: DefinedContext,
  refuse: RefuseDefinition,
): ResolvedDefined {
  const root: JsonPath = ["blocks", stage.block];
  const where = `in block ${site.index} of stage ${site.stage}`;
  const refuseHere = (problem: DefinitionProblem): void =>
    refuse({ ...problem, message: `${problem.message} (${where})` });
  const known: Readonly<Record<string, unknown>> = {
    inputChannels: site.inputChannels,
    channels: wantedChannels,
    stride: site.stride,
    index: site.index,
    stage: site.stage,
    repeat,
    ...Object.fromEntries(Object.keys(definition.fields).map((field) => [field, stage[field]])),
  };
  const scope: Scope = {
    valueOf: (name) =>
      Object.hasOwn(known, name) ? (known[name] as ExpressionValue | undefined) : undefined,
    whyMissing: (name) => `the stage says no ${JSON.stringify(name)}`,
    divisible: roundChannels,
    scaled: scaleChannels,
  };
  const context: LayerContext = {
    amounts: new Amounts(scope, refuseHere, axes),
    axes,
    refuse: refuseHere,
    activation: site.activation,
    padding: site.padding,
    count,
    values: new Map(),
  };
  const input: MapShape = { channels: site.inputChannels, stride: 1 };
  context.values.set(INPUT_VALUE, input);
  const main = resolveLayers(definition.layers, input, [...root, "layers"], "layers", context);
  const { residual, shortcut: around = residual === undefined ? undefined : [] } = definition;
  const isResidual = context.amounts.holds(residual, [...root, "residual"], site.inputChannels);
  const shortcut =
    around === undefined || !isResidual
      ? undefined
      : resolveLayers(around, input, [...root, "shortcut"], "shortcut", context);
  const differ = shortcut !== undefined && shortcut.channels !== main.channels;
  if (differ && isKnown(shortcut.channels, main.channels)) {
    refuseHere({
      path: [...root, definition.shortcut === undefined ? "residual" : "shortcut"],
      message: `the shortcut has ${shortcut.channels} channels and the main path ${main.channels}: they can't be added`,
      hint: 'a 1x1 convolution with `"when": "inputChannels != channels"` makes them equal',
    });
  }
  const after = resolveLayers(definition.after, main, [...root, "after"], "after", context);
  if (wantedChannels !== undefined && after.channels !== wantedChannels && isKnown(after.channels)) {
    const path = [...site.specPath, "channels"];
    refuse({
      path,
      message: `the layers of "${stage.block}" lead to ${after.channels} channels, not ${wantedChannels}`,
    });
  }
  return {
    block: "defined",
    definition: stage.block,
    ...site,
    stride: after.stride,
    channels: after.channels,
    residual: shortcut !== undefined,
    layers: shortcut === undefined ? main.layers : withBranchEnd(main),
    shortcut: shortcut?.layers,
    after: after.layers,
    gates: [],
  };
}

/** A residual block's last convolution without an activation ends its branch. */
function withBranchEnd({ layers }: ResolvedList): readonly ResolvedLayer[] {
  const at = layers.findLastIndex(({ layer }) => layer !== "keep");
  const last = layers[at];
  if (last?.layer !== "conv" || last.activation !== undefined) return layers;
  return layers.with(at, { ...last, endsBranch: true });
}
