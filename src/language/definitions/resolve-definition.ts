import { Defect } from "../../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../../base/json-path.js";
import type { BlockContext } from "../blocks/block-kind.js";
import { gatesOf } from "../gates.js";
import type { MapAxes } from "../input.js";
import { INPUT_VALUE, type MapShape } from "../values.js";
import { Amounts, type DefinitionProblem, LIMITS, type RefuseDefinition } from "./amounts.js";
import type { DefinedStage, Definition } from "./definition.js";
import type { ExpressionValue, Scope } from "./evaluate.js";
import type { Amount } from "./layer-fields.js";
import {
  isKnown,
  type LayerContext,
  type LayerCount,
  one,
  partOf,
  type ResolvedList,
  type Resolver,
} from "./layer-resolver.js";
import { resolveLayers } from "./resolve-layers.js";
import { positionsInDefined, type ResolvedDefined } from "./resolved-definition.js";
import type { DefinedBody, ResolvedLayer } from "./resolved-layers.js";

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
  readonly definitions: Definitions;
}

/** The blocks that a spec defines, by their names. */
export type Definitions = Readonly<Record<string, Definition>>;

/** One block of a stage of defined blocks, every expression evaluated. What has no value is refused. */
export function resolveDefinition(
  definition: Definition,
  stage: DefinedStage,
  { roundChannels, scaleChannels, wantedChannels, repeat, count, axes, definitions, ...site }: DefinedContext,
  refuse: RefuseDefinition,
): ResolvedDefined {
  const fields = Object.keys(definition.fields).map((field) => [field, stage[field]] as const);
  const { stride, channels, ...body } = resolveBody(
    definition,
    {
      name: stage.block,
      specPath: site.specPath,
      where: `in block ${site.index} of stage ${site.stage}`,
      owner: "the stage",
      inputChannels: site.inputChannels,
      known: {
        channels: wantedChannels,
        stride: site.stride,
        index: site.index,
        stage: site.stage,
        repeat,
        ...Object.fromEntries(fields),
      },
    },
    {
      axes,
      refuse,
      activation: site.activation,
      padding: site.padding,
      count,
      rounding: { divisible: roundChannels, scaled: scaleChannels },
      resolveBlock: blockResolver(definitions),
    },
  );
  return { block: "defined", definition: stage.block, ...site, stride, channels, ...body, gates: [] };
}

/** How layers that are blocks of the spec's own are resolved. */
export function blockResolver(definitions: Definitions): Resolver<"block"> {
  return (layer, at, context) => {
    const { path, channelsIn } = at;
    const { amounts } = context;
    const definition = definitions[layer.block];
    if (definition === undefined) throw new Defect(`names let a block "${layer.block}" through`);
    const fields = Object.entries(definition.fields).map(([field, { default: usual }]) => {
      const value = layer.fields[field] ?? usual;
      const number = (of: Amount): number => amounts.number(of, [...path, "fields", field], channelsIn);
      return [field, typeof value === "string" ? number(value) : value] as const;
    });
    const amountOf = (
      key: "channels" | "stride",
      limits: (typeof LIMITS)[typeof key],
    ): number | undefined => {
      const amount = layer[key];
      return amount === undefined ? undefined : amounts.integer(amount, [...path, key], limits, channelsIn);
    };
    const wanted = amountOf("channels", LIMITS.channels);
    const { stride, channels, ...body } = resolveBody(
      definition,
      {
        name: layer.block,
        specPath: path,
        where: `in the block ${formatJsonPath(path)}`,
        owner: "the layer",
        inputChannels: channelsIn,
        known: {
          channels: wanted,
          stride: amountOf("stride", LIMITS.stride),
          index: 0,
          repeat: 1,
          ...Object.fromEntries(fields),
        },
      },
      { ...context, activation: layer.activation ?? context.activation },
    );
    const possible = positionsInDefined(body);
    const gates = gatesOf(layer, { index: 0, specPath: path }, possible[0]);
    for (const { position, specPath } of gates) {
      if (possible.includes(position)) continue;
      context.refuse({
        path: [...specPath, "position"],
        message: `this block has no place "${position}" for a gate`,
        hint: `possible: ${possible.join(", ")}`,
      });
    }
    const resolved = {
      ...partOf(at, channels),
      layer: "block",
      definition: layer.block,
      ...body,
      gates,
    } as const;
    return one(resolved, at.strideIn * stride);
  };
}

/** Where a block stands, and what its expressions know. */
interface BodySite {
  /** The definition's name. */
  readonly name: string;
  readonly specPath: JsonPath;
  /** In words, for what is wrong in the definition there. */
  readonly where: string;
  /** What says values that expressions ask for. */
  readonly owner: string;
  readonly inputChannels: number;
  readonly known: Readonly<Record<string, unknown>>;
}

/** The layers of a block, every expression evaluated. */
function resolveBody(
  definition: Definition,
  { name: block, specPath, where, owner, inputChannels, known: given }: BodySite,
  context: Omit<LayerContext, "amounts" | "values">,
): DefinedBody & MapShape {
  const { refuse, axes, rounding } = context;
  const root: JsonPath = ["blocks", block];
  const refuseHere = (problem: DefinitionProblem): void =>
    refuse({ ...problem, message: `${problem.message} (${where})` });
  const known: Readonly<Record<string, unknown>> = { inputChannels, ...given };
  const scope: Scope = {
    valueOf: (name) =>
      Object.hasOwn(known, name) ? (known[name] as ExpressionValue | undefined) : undefined,
    whyMissing: (name) => `${owner} says no ${JSON.stringify(name)}`,
    ...rounding,
  };
  const input: MapShape = { channels: inputChannels, stride: 1 };
  const own: LayerContext = {
    ...context,
    amounts: new Amounts(scope, refuseHere, axes),
    refuse: refuseHere,
    values: new Map([[INPUT_VALUE, input]]),
  };
  const main = resolveLayers(definition.layers, input, [...root, "layers"], "layers", own);
  const { residual, shortcut: around = residual === undefined ? undefined : [] } = definition;
  const isResidual = own.amounts.holds(residual, [...root, "residual"], inputChannels);
  const shortcut =
    around === undefined || !isResidual
      ? undefined
      : resolveLayers(around, input, [...root, "shortcut"], "shortcut", own);
  const differ = shortcut !== undefined && shortcut.channels !== main.channels;
  if (differ && isKnown(shortcut.channels, main.channels)) {
    refuseHere({
      path: [...root, definition.shortcut === undefined ? "residual" : "shortcut"],
      message: `the shortcut has ${shortcut.channels} channels and the main path ${main.channels}: they can't be added`,
      hint: 'a 1x1 convolution with `"when": "inputChannels != channels"` makes them equal',
    });
  }
  const after = resolveLayers(definition.after, main, [...root, "after"], "after", own);
  const { channels: wanted } = given;
  if (typeof wanted === "number" && after.channels !== wanted && isKnown(after.channels, wanted)) {
    refuse({
      path: [...specPath, "channels"],
      message: `the layers of "${block}" lead to ${after.channels} channels, not ${wanted}`,
    });
  }
  return {
    inputChannels,
    stride: after.stride,
    channels: after.channels,
    residual: shortcut !== undefined,
    layers: shortcut === undefined ? main.layers : withBranchEnd(main),
    shortcut: shortcut?.layers,
    after: after.layers,
  };
}

/** A residual block's last convolution without an activation ends its branch. */
function withBranchEnd({ layers }: ResolvedList): readonly ResolvedLayer[] {
  const at = layers.findLastIndex(({ layer }) => layer !== "keep");
  const last = layers[at];
  if (last?.layer !== "conv" || last.activation !== undefined) return layers;
  return layers.with(at, { ...last, endsBranch: true });
}
