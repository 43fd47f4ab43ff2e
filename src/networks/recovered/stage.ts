import type { Atom } from "../../analysis/structure/atoms.js";
import type { RecoveredBlock } from "../../analysis/structure/classify.js";
import { isActivated, isConv, type Unit, unitsOf } from "../../analysis/structure/units.js";
import type { Op } from "../../ir/graph.js";
import { type BlockType, positionsIn } from "../../language/blocks/registry.js";
import type { Dataflow } from "../../passes/raise/dataflow.js";
import type { WrittenGate } from "./gates.js";
import { activationOf, convOf, gateOps, sideOf, strideOfConv, widthOf } from "./layers.js";
import { unknown } from "./unknown-structure.js";

/** A stage of one block, in a spec's words. */
export interface WrittenStage {
  readonly block: string;
  readonly channels: number;
  readonly stride?: number;
  readonly [field: string]: unknown;
}

/** What is known of the network besides its blocks. */
export interface NetworkFacts {
  readonly flow: Dataflow;
  readonly gates: ReadonlyMap<Op, WrittenGate>;
}

/** The layers of a block: those of its branch, and what stands around the sum. */
interface BlockParts {
  readonly branch: readonly Unit[];
  /** What both branches begin with. */
  readonly before: readonly Atom[];
  readonly shortcut: readonly Atom[];
  readonly after: readonly Atom[];
  readonly isResidual: boolean;
  /** Whether a normalisation comes first. */
  readonly isPreactivated: boolean;
}

/**
 * A block as the stage that would make it. What has no words is refused (`unknown`); what is only nearly so is left to whoever
 * builds the network of the spec and compares.
 */
export function writtenStage(block: RecoveredBlock, facts: NetworkFacts): WrittenStage {
  const parts = partsOf(block);
  const { branch } = parts;
  const activations = [
    ...parts.before,
    ...branch.flatMap(({ before, after }) => [...before, ...after]),
    ...parts.after,
  ];
  const activation = activations.flatMap((atom) => activationOf(atom, facts.flow) ?? [])[0];
  const channels = Number(block.to.type.dims[1]);
  const type = block.block.type;
  if (!isWritten(type)) return unknown("its layers make no block that specs have");
  const stride = branch.reduce((product, unit) => product * strideOfLayer(unit), 1);
  const usual = USUALLY_RESIDUAL.has(type) || (stride === 1 && block.block.inputChannels === channels);
  return {
    block: type,
    ...WRITERS[type](parts, block.block.inputChannels, channels),
    ...(parts.isPreactivated ? { preactivation: true } : {}),
    ...(stride === 1 ? {} : { stride }),
    channels,
    ...(activation === undefined ? {} : { activation }),
    ...(parts.isResidual === usual ? {} : { residual: parts.isResidual }),
    ...attentionOf(type, parts, facts),
  };
}

/** The stride of a layer, of one convolution or of several side by side. */
function strideOfLayer({ core }: Unit): number {
  const strides = new Set(isConv(core) ? core.convs.map(strideOfConv) : [1]);
  const [stride = 1, another] = strides;
  return another === undefined ? stride : unknown("convolutions side by side have different strides");
}

const USUALLY_RESIDUAL: ReadonlySet<BlockType> = new Set<BlockType>(["basic", "bottleneck"]);

function partsOf({ units }: RecoveredBlock): BlockParts {
  const [unit, another] = units;
  if (unit === undefined) return unknown("it has no layers");
  if (unit.core.kind === "residual" && another === undefined) {
    const { branch, shortcut } = unit.core;
    const units = unitsOf(branch);
    const isPreactivated = [...unit.before, ...(units[0]?.before ?? [])].some(({ kind }) => kind === "norm");
    const before = unit.before.filter(({ kind }) => kind === "gate");
    if (before.length > 0) return unknown("it has a gate before its branches part");
    return {
      branch: units,
      before: unit.before,
      shortcut,
      after: unit.after,
      isResidual: true,
      isPreactivated,
    };
  }
  return { branch: units, before: [], shortcut: [], after: [], isResidual: false, isPreactivated: false };
}

type Writer = (parts: BlockParts, inputs: number, channels: number) => Readonly<Record<string, unknown>>;

const WRITERS = {
  "conv-norm-act": ({ branch }) => {
    const [conv] = branch.map(convOf);
    if (conv === undefined) return unknown("it has no convolution");
    const { group } = conv.attributes;
    return { kernel: sideOf(conv), ...(group === 1 ? {} : { groups: group }) };
  },
  "depthwise-separable": ({ branch }) => {
    const [depthwise, pointwise] = branch;
    if (depthwise === undefined || pointwise === undefined) return unknown("it lacks a layer");
    return {
      kernel: sideOf(convOf(depthwise)),
      ...(isActivated(pointwise) ? { pointwiseActivation: true } : {}),
    };
  },
  "inverted-residual": ({ branch }, inputs) => {
    const [expand, depthwise, project] = branch;
    if (expand === undefined || depthwise === undefined || project === undefined)
      return unknown("it lacks a layer");
    const [first, last] = [convOf(expand), convOf(project)];
    const expansion = widthOf(first) / inputs;
    return {
      ...kernelsOf(depthwise),
      expansion,
      ...(expansion === 1 ? { expansionLayer: true } : {}),
      ...(first.attributes.group === 1 ? {} : { expandGroups: first.attributes.group }),
      ...(last.attributes.group === 1 ? {} : { projectGroups: last.attributes.group }),
    };
  },
  "fused-inverted-residual": ({ branch }, inputs) => {
    const [expand] = branch.map(convOf);
    if (expand === undefined) return unknown("it lacks a layer");
    return { kernel: sideOf(expand), expansion: widthOf(expand) / inputs };
  },
  basic: (parts) => {
    const [first, last] = parts.branch;
    if (first === undefined || last === undefined) return unknown("it lacks a layer");
    return {
      kernel: sideOf(convOf(first)),
      ...shortcutOf(parts),
      ...(isActivated(last) ? { branchActivation: true } : {}),
    };
  },
  bottleneck: (parts, _inputs, channels) => {
    const [reduce, spatial] = parts.branch.map(convOf);
    if (reduce === undefined || spatial === undefined) return unknown("it lacks a layer");
    const [reduced, width] = [widthOf(reduce), widthOf(spatial)];
    const { group } = spatial.attributes;
    return {
      kernel: sideOf(spatial),
      bottleneckRatio: width / channels,
      ...(reduced === width ? {} : { reduceRatio: reduced / channels }),
      ...(group === 1 ? {} : { groups: group }),
      ...(strideOfConv(reduce) === 1 ? {} : { strideAt: "reduce" }),
      ...shortcutOf(parts),
    };
  },
} satisfies { readonly [T in BlockType]?: Writer };

function isWritten(type: string): type is keyof typeof WRITERS {
  return Object.hasOwn(WRITERS, type);
}

function kernelsOf({ core }: Unit): Readonly<Record<string, unknown>> {
  const sides = isConv(core) ? core.convs.map(sideOf) : [];
  return sides.length > 1 ? { kernels: sides } : { kernel: sides[0] };
}

/** How a residual block's shortcut gets the shape of the branch. */
function shortcutOf({ shortcut }: BlockParts): Readonly<Record<string, unknown>> {
  const layers = shortcut.filter(({ kind }) => kind === "conv" || kind === "pool");
  const [first, second] = layers;
  const conv = layers.flatMap((atom) => (atom.kind === "conv" ? [atom.op] : []))[0];
  const kernel = conv === undefined ? 1 : sideOf(conv);
  // Without a stride nothing is pooled, and the activation stays.
  const isActive = first?.kind === "conv" && shortcut.some(({ kind }) => kind === "activation");
  const words = {
    ...(first?.kind === "pool" && second?.kind === "conv" ? { shortcut: "average-pool" } : {}),
    ...(isActive ? { shortcut: "conv-average-pool" } : {}),
    ...(kernel === 1 ? {} : { shortcutKernel: kernel }),
  };
  const isPadded = shortcut.some(({ ops }) => ops.some(({ kind }) => kind === "pad"));
  return isPadded ? { shortcut: "zero-pad" } : words;
}

/** Where gates stand in a block, by the layer that they follow, counted from the last. */
function attentionOf(
  type: BlockType,
  { branch, shortcut, after }: BlockParts,
  { gates }: NetworkFacts,
): Readonly<Record<string, unknown>> {
  const last = branch.length - 1;
  const positions = positionsIn(type);
  const projects = positions.includes("spatial");
  const found = [
    ...branch.flatMap(({ before }) => gateOps(before).map((gate) => ({ ...gate, position: "pre" }))),
    ...branch.flatMap(({ after }, i) => {
      const position = i === last ? "standard" : projects && i === last - 1 ? "spatial" : "elsewhere";
      return gateOps(after).map((gate) => ({ ...gate, position }));
    }),
    ...gateOps(shortcut).map((gate) => ({ ...gate, position: "identity" })),
    ...gateOps(after).map((gate) => ({ ...gate, position: "post" })),
  ];
  const written = found.map(({ op, position, residual }) => {
    if (position === "elsewhere") return unknown("its gate stands where no spec has one");
    const gate = gates.get(op) ?? unknown("its gate is of no kind that is known");
    return {
      ...gate,
      ...(residual ? { residual } : {}),
      ...(position === positions[0] ? {} : { position }),
    };
  });
  const [gate, another] = written;
  if (gate === undefined) return {};
  return { attention: another === undefined ? gate : written };
}
