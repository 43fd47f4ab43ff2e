import { blockOutputs } from "../../analysis/block-outputs.js";
import { countOps, type Gate, gateOf } from "../../analysis/counts.js";
import { type Block, blockAt, type Op, type Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims } from "../../ir/types.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import { axesOf, type MapAxes } from "../../language/input.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import { nameForms } from "../names.js";
import type { CodegenSubject } from "../subject.js";
import type { BlockData, GateData, MapData } from "./data-schema.js";
import { countOf, mapOf, mapOfRows, withLast } from "./forms.js";

/** The blocks of a network, after its passes. */
export function blocksData({ graph, spec, counts }: CodegenSubject): readonly BlockData[] {
  const outputs = blockOutputs(
    graph,
    graph.blocks.map(({ scope }) => scope),
  );
  const axes = axesOf(spec.input);
  const blocks = graph.blocks.map((block, i) => {
    const ops = graph.ops.filter(({ loc }) => blockAt(graph, loc.scope) === block);
    const own = counts.blocks[i];
    const leaving = outputs.get(block.scope)?.type.dims ?? [];
    const output = hasRows(spec, block) ? mapOfRows(leaving) : mapOf(leaving, axes);
    const input = enteringMap(block, ops, axes);
    return {
      path: dotted(block.scope),
      identifier: nameForms(block.scope).snake,
      type: block.type,
      number: i + 1,
      stage: block.stage ?? null,
      index: block.index ?? null,
      input,
      output,
      ...partsOf(spec, block, input),
      dropPath: Math.max(0, ...ops.map((op) => (isOp(op, "drop_path") ? op.attributes.rate : 0))),
      attention: withLast(ops.flatMap((op) => gateData(op, gateOf(op)))),
      parameters: countOf(own?.parameters ?? 0),
      buffers: countOf(own?.buffers ?? 0),
      macs: countOf(own?.macs ?? 0),
    };
  });
  return withLast(blocks);
}

/** What enters a block: the first map of others that it reads, or value where it reads none, with the channels of all that a stage joins. */
function enteringMap({ stage, inputChannels }: Block, ops: readonly Op[], axes: MapAxes): MapData {
  const own = new Set<Value>(ops.flatMap(({ results }) => results));
  const read = ops
    .flatMap(({ operands }) => operands)
    .filter((value) => value.kind !== "parameter" && !own.has(value));
  const first = read.find(({ type: { dims } }) => dims.length === 2 + axes) ?? read[0];
  const [batch = 1, channels = inputChannels, ...sides] = first?.type.dims ?? [];
  return mapOf([batch, stage === undefined ? channels : inputChannels, ...sides], axes);
}

/** Whether a block is a head that gives rows. */
function hasRows({ heads = [] }: ResolvedSpec, { scope }: Block): boolean {
  return heads.some(({ name, output }) => scope === `/heads/${name}` && typeof output === "object");
}

/** A scope as the names of weights have it. */
function dotted(scope: string): string {
  return scope.slice(1).replaceAll("/", ".");
}

type Parts = Pick<
  BlockData,
  "kernel" | "stride" | "expansion" | "innerChannels" | "groups" | "residual" | "activation"
>;

/** What the spec says of a block. */
function partsOf(spec: ResolvedSpec, { scope, stage, index, type }: Block, input: MapData): Parts {
  const none = { kernel: null, stride: null, expansion: null, innerChannels: null, groups: null };
  const found = spec.blocks.find((each) => each.stage === stage && each.index === index);
  if (stage !== undefined && found !== undefined) {
    const { residual, activation, stride } = found;
    return { ...none, ...layersOf(found, input), stride, residual, activation };
  }
  const activation = activationOf(spec, { scope, type });
  if (type !== "stem" || spec.stem === undefined) return { ...none, residual: false, activation };
  const { kernel, stride } = spec.stem;
  return { ...none, kernel, stride, residual: false, activation };
}

/** The activation of what is no block of a stage; empty for one without, as what selects boxes. */
function activationOf(
  { stem, neck, heads = [], head }: ResolvedSpec,
  { scope, type }: Pick<Block, "scope" | "type">,
): string {
  switch (type) {
    case "stem":
      return stem?.activation ?? "";
    case "head":
      return head?.activation ?? "";
    case "neck":
      return neck?.activation ?? "";
    case "map-head":
      return heads.find(({ name }) => scope === `/heads/${name}`)?.activation ?? "";
    case "box-head":
    case "mask-head":
      return "relu";
    default:
      return "";
  }
}

function layersOf(block: ResolvedBlock, input: MapData): Partial<Parts> {
  switch (block.block) {
    case "conv-norm-act":
      return { kernel: block.kernel, groups: block.groups };
    case "depthwise-separable":
      return { kernel: block.kernel };
    case "inverted-residual":
    case "fused-inverted-residual": {
      const { kernel, expandedChannels } = block;
      return { kernel, innerChannels: expandedChannels, expansion: expandedChannels / input.channels };
    }
    case "basic":
      return { kernel: block.kernel };
    case "bottleneck":
      return { kernel: block.kernel, innerChannels: block.bottleneckChannels, groups: block.groups };
    case "defined":
      return {};
  }
}

function gateData(op: Op, gate: Gate | undefined): readonly Omit<GateData, "last">[] {
  if (gate === undefined) return [];
  const attributes = Object.entries(op.attributes).filter(
    ([, value]) => typeof value !== "object" && value !== undefined,
  );
  const kernel = attributes.find(([name]) => name === "kernel")?.[1];
  const reduction = op.operands.find(({ name }) => /(^|\.)reduce\.weight$/.test(name));
  const { parameters, macs } = countOps([op]);
  return [
    {
      path: dotted(op.loc.scope),
      type: gate.type,
      detail: gate.detail,
      kernel: typeof kernel === "number" ? kernel : null,
      squeezed: reduction === undefined ? null : (concreteDims(reduction.type.dims)[0] ?? null),
      options: withLast(attributes.map(([name, value]) => ({ name, value: String(value) }))),
      parameters: countOf(parameters),
      macs: countOf(macs),
    },
  ];
}
