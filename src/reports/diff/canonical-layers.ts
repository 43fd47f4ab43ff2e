import {
  type ComparedLayer,
  type Fact,
  inputSources,
  type LayerGraph,
  numbersOf,
  sharingFact,
  textOf,
  windowOf,
} from "../../analysis/diff/layers.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import { type Graph, type Op, usesOf } from "../../ir/graph.js";
import { operandSlots } from "../../ir/operands.js";
import { definitionOf } from "../../ir/ops/registry.js";
import {
  CanonicalGraph,
  type Computation,
  ValueNumbering,
  type Weight,
} from "../../networks/canonical-graph.js";

/**
 * The layers of a graph in the form that all ways to write it share, so that those of specs and files of any framework
 * can be compared. Numbers that are trained, and momentum, are no part of it: files have their own, or none.
 */
export function canonicalLayers(graph: Graph): LayerGraph {
  const canonical = new CanonicalGraph(graph, new ValueNumbering());
  const sources = inputSources(graph);
  const layers: ComparedLayer[] = [];
  const uses = usesOf(graph);
  for (const op of graph.ops) {
    for (const value of op.results) {
      const computation = canonical.source(value) === value ? canonical.computation(value) : undefined;
      if (computation === undefined) continue;
      const inputs = computation.operands.flatMap((operand) => sources.get(canonical.source(operand)) ?? []);
      // Weights are random, so no exporter makes one of two that happen to be equal; biases of zeros it may.
      const shared = WITH_WEIGHTS.has(op.kind) ? sharingFact(op, 1, uses) : [];
      const facts = new Map([...factsOf(op, computation), ...shared]);
      const layer: ComparedLayer = { op, kind: computation.kind, facts, inputs };
      layers.push(layer);
      sources.set(value, { layer, result: 0 });
    }
  }
  return withoutUnread({
    layers,
    outputs: graph.outputs.map((output) => sources.get(canonical.source(output))),
  });
}

/** Ops whose second operand are weights. */
const WITH_WEIGHTS: ReadonlySet<string> = new Set(["conv", "conv_1d", "conv_transpose", "gemm"]);

/** Parts of what one layer says as a whole, as the sigmoid of a SiLU, are read by no layer. */
function withoutUnread({ layers, outputs }: LayerGraph): LayerGraph {
  const read = new Set<ComparedLayer>();
  for (const output of outputs) if (output !== undefined && "layer" in output) read.add(output.layer);
  for (const layer of layers.toReversed()) {
    if (!read.has(layer)) continue;
    for (const input of layer.inputs) if ("layer" in input) read.add(input.layer);
  }
  return { layers: layers.filter((layer) => read.has(layer)), outputs };
}

function factsOf(op: Op, { attributes, weights }: Computation): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) facts.set(name, { use: "computed", text: textOf(value) });
  }
  const window = op.operands.length > 1 && weights[0]?.data.dims.length === 4 ? windowOf(op) : undefined;
  if (window !== undefined) facts.set("window", { use: "computed", text: window });
  // A part of a gate that is constant is one that was folded away, as the scale of its normalisation.
  const isGateOp = attentionKindOf(op.kind) !== undefined;
  weights.forEach((weight, i) => {
    if (weight.implied) return;
    const name = weightName(op, weights.length, i);
    facts.set(name, { use: "size", text: textOf(weight.data.dims) });
    const numbers = isGateOp ? undefined : constantNumbers(weight);
    if (numbers !== undefined) facts.set(`${name} numbers`, { use: "computed", text: numbers });
  });
  return facts;
}

function constantNumbers({ fixed, data }: Weight): string | undefined {
  return fixed === true ? numbersOf(data) : undefined;
}

/** The op's name for a parameter, where its operands end in its parameters. */
function weightName(op: Op, count: number, index: number): string {
  const at = op.operands.length - Math.min(count, op.operands.length - 1) + index;
  return operandSlots(definitionOf(op.kind).operands)[at]?.name ?? `weight ${index}`;
}
