import { countNetwork, gateOf } from "../../analysis/counts.js";
import { operatorOf } from "../../analysis/foreign-costs.js";
import { count, macs } from "../../base/numbers.js";
import type { AttentionKind } from "../../ir/attention/modules.js";
import { type Block, blockAt, type Graph, type Op, type Value } from "../../ir/graph.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";

export const LEVELS = ["block", "op"] as const;

/** What a node of the picture is: a block, or one op. */
export type DrawnLevel = (typeof LEVELS)[number];

/** A network as nodes and edges. */
export interface DrawnGraph {
  /** The network's numbers, in a line. */
  readonly counts: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

export interface DrawnNode {
  readonly id: string;
  readonly kind: "input" | "output" | "block" | "op" | "training-only";
  readonly title: string;
  /** What else there is to say, a line each. */
  readonly details: readonly string[];
  /** The gates in it. */
  readonly gates: readonly DrawnGate[];
  /** Whether it has weights of its own. */
  readonly hasWeights: boolean;
  /** What it is drawn in: the stage of a block, the block of an op. */
  readonly group?: DrawnGroup;
}

export interface DrawnGroup {
  /** Unique among groups. */
  readonly id: string;
  readonly title: string;
  readonly details: readonly string[];
}

export interface DrawnGate {
  readonly kind: AttentionKind;
  readonly text: string;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  /** Sizes without the batch: `32×112×112`. */
  readonly shape: string;
}

/** The picture of a network at one level. Parameters are not drawn. */
export function drawnGraph(graph: Graph, level: DrawnLevel): DrawnGraph {
  const unitOf = unitsBy(graph, level);
  const nodes =
    level === "block" ? blockNodes(graph, unitOf) : graph.ops.map((op) => opNode(graph, op, unitOf(op)));
  const makers = new Map<Value, string>(graph.inputs.map((input) => [input, `input ${input.name}`]));
  for (const op of graph.ops) for (const result of op.results) makers.set(result, unitOf(op));
  const { parameters, macs: products } = countNetwork(graph);
  return {
    counts: costText(parameters, products),
    nodes: [
      ...graph.inputs.map(({ name }) => end("input", name)),
      ...nodes,
      ...graph.outputs.map(({ name }) => end("output", name)),
    ],
    edges: edgesOf(graph, unitOf, makers),
  };
}

/** Which node an op is in: that of its block, or its own. */
function unitsBy(graph: Graph, level: DrawnLevel): (op: Op) => string {
  const numbers = new Map(graph.ops.map((op, i) => [op, i]));
  return (op) => {
    const block = level === "block" ? blockAt(graph, op.loc.scope) : undefined;
    return block?.scope ?? `op ${numbers.get(op)}`;
  };
}

function end(kind: "input" | "output", name: string): DrawnNode {
  return { id: `${kind} ${name}`, kind, title: name, details: [], gates: [], hasWeights: false };
}

/** The blocks, and the ops outside of all, in the order in which the network's input reaches them. */
function blockNodes(graph: Graph, unitOf: (op: Op) => string): readonly DrawnNode[] {
  const counts = new Map(countNetwork(graph).blocks.map((each) => [each.path, each]));
  const units = new Map<string, Op[]>();
  for (const op of byInput(graph)) {
    const members = units.get(unitOf(op));
    if (members === undefined) units.set(unitOf(op), [op]);
    else members.push(op);
  }
  return [...units].map(([id, ops]) => {
    const [first] = ops as [Op, ...Op[]];
    const block = blockAt(graph, first.loc.scope);
    if (block === undefined) return opNode(graph, first, id);
    const counted = counts.get(block.scope);
    const costs = counted === undefined ? [] : [costText(counted.parameters, counted.macs)];
    const stage = `stage ${block.stage}`;
    return {
      ...{ id, kind: "block", title: block.type, gates: gatesOf(ops), hasWeights: true },
      details: [...nameOf(block), ...costs],
      ...(block.stage === undefined ? {} : { group: { id: stage, title: stage, details: [] } }),
    };
  });
}

/** Ops that read weights alone, which some exporters put before all others, come last. */
function byInput({ inputs, ops }: Graph): readonly Op[] {
  const reached = new Set<Value>(inputs);
  for (const op of ops)
    if (op.operands.some((operand) => reached.has(operand)))
      for (const result of op.results) reached.add(result);
  const isReached = ({ results }: Op): boolean => results.some((result) => reached.has(result));
  return [...ops.filter(isReached), ...ops.filter((op) => !isReached(op))];
}

function costText(parameters: number, products: number): string {
  return `${count(parameters)} parameters, ${macs(products)} MACs`;
}

/** `block 0`; the scope of a block outside of stages, where it says more than the type. */
function nameOf({ scope, type, stage, index }: Block): readonly string[] {
  if (stage !== undefined) return [`block ${index ?? 0}`];
  return scope === `/${type}` ? [] : [scope];
}

function opNode(graph: Graph, op: Op, id: string): DrawnNode {
  const block = blockAt(graph, op.loc.scope);
  const gates = gatesOf([op]);
  return {
    id,
    kind: definitionOf(op.kind).trainingOnly === true ? "training-only" : "op",
    title: isOp(op, "opaque") ? operatorOf(op) : op.kind,
    details: gates.length > 0 ? [] : detailsOf(op),
    gates,
    hasWeights: WITH_WEIGHTS.has(op.kind),
    ...(block === undefined ? {} : { group: groupOf(block) }),
  };
}

/** Layers that are drawn as the body of a network; norms and activations are lighter. */
const WITH_WEIGHTS: ReadonlySet<string> = new Set([
  ...["conv", "conv_1d", "conv_transpose", "gemm", "general_gemm"],
]);

function groupOf(block: Block): DrawnGroup {
  const { scope, type, stage, index } = block;
  const details = stage === undefined ? nameOf(block) : [`stage ${stage}, block ${index ?? 0}`];
  return { id: scope, title: type, details };
}

function gatesOf(ops: readonly Op[]): readonly DrawnGate[] {
  return ops.flatMap((op) => {
    const gate = gateOf(op);
    return gate === undefined ? [] : [{ kind: gate.type, text: gate.text }];
  });
}

/** The window, stride and groups of a convolution, and the like of other layers. */
function detailsOf(op: Op): readonly string[] {
  const [x, weight] = op.operands;
  const window = weight?.kind === "parameter" ? weight.type.dims.slice(2).join("×") : "";
  if (isOp(op, "conv")) {
    const { strides, group, dilations } = op.attributes;
    const channels = x?.type.dims[1];
    return [
      [
        window,
        ...(strides.every((each) => each === 1) ? [] : [`stride ${same(strides)}`]),
        ...(dilations.every((each) => each === 1) ? [] : [`dilation ${same(dilations)}`]),
        ...(group === 1 ? [] : [group === channels ? "depthwise" : `${group} groups`]),
      ].join(", "),
    ];
  }
  if (isOp(op, "avg_pool") || isOp(op, "max_pool")) {
    const { kernel, strides } = op.attributes;
    return [`${kernel.join("×")}, stride ${same(strides)}`];
  }
  return window === "" ? [] : [window];
}

function same(sizes: readonly number[]): string {
  return new Set(sizes).size === 1 ? String(sizes[0]) : sizes.join("×");
}

/** One edge for each value that a node reads of another, and for each output. */
function edgesOf(
  graph: Graph,
  unitOf: (op: Op) => string,
  makers: ReadonlyMap<Value, string>,
): readonly DrawnEdge[] {
  const edges = new Map<string, DrawnEdge>();
  const add = (value: Value, to: string): void => {
    const from = makers.get(value);
    if (from !== undefined && from !== to)
      edges.set(JSON.stringify([from, to, value.name]), { from, to, shape: shapeOf(value) });
  };
  for (const op of graph.ops) for (const operand of op.operands) add(operand, unitOf(op));
  for (const output of graph.outputs) add(output, `output ${output.name}`);
  return [...edges.values()];
}

function shapeOf({ type: { dims } }: Value): string {
  return (dims.length > 1 ? dims.slice(1) : dims).join("×");
}
