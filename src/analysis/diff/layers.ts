import { sha256Hex } from "../../base/sha256.js";
import { shortestDecimal } from "../../base/shortest-decimal.js";
import { withoutKernelRule } from "../../ir/attention/eca-kernel.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import { type Graph, type Op, type Parameter, usesOf, type Value } from "../../ir/graph.js";
import { elementsOf } from "../../ir/known-elements.js";
import { operandSlot } from "../../ir/operands.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { formatType } from "../../ir/types.js";
import { smallValues, type WeightExpr } from "../../ir/weight.js";

/**
 * What a fact of a layer is about: what is computed, the size of a parameter, what only training has a use for, what a
 * parameter starts as, or how something that is computed came about (the rule behind a k).
 */
export type FactUse = "computed" | "size" | "training" | "start" | "origin";

export interface Fact {
  readonly use: FactUse;
  readonly text: string;
}

/** Where an operand comes from: a result of a layer, or the input of the graph with that index. */
export type Source =
  | { readonly layer: ComparedLayer; readonly result: number }
  | { readonly input: number; readonly type: string };

/** One op, gates among them, with all that can differ between two of its kind. */
export interface ComparedLayer {
  readonly op: Op;
  /** What it does: the op's kind, or one word for all ways to write it. */
  readonly kind: string;
  /** By name: attributes, sizes of parameters, numbers of constants. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** The operands that are no parameters. */
  readonly inputs: readonly Source[];
}

/** A graph as its layers, in an order in which each comes after those that it reads. */
export interface LayerGraph {
  readonly layers: readonly ComparedLayer[];
  /** Undefined for an output that is a parameter. */
  readonly outputs: readonly (Source | undefined)[];
}

export function isGate({ op }: ComparedLayer): boolean {
  return attentionKindOf(op.kind) !== undefined;
}

/** Random in training, and nothing at inference. */
export function isTrainingOnly({ op }: ComparedLayer): boolean {
  return definitionOf(op.kind).trainingOnly === true;
}

/** The layers of a graph, each op one, with how its parameters start. */
export function layersOf(graph: Graph): LayerGraph {
  const sources = inputSources(graph);
  const uses = usesOf(graph);
  const layers = graph.ops.map((op) => {
    const inputs = op.operands.flatMap((operand) => sources.get(operand) ?? []);
    const facts = new Map([...factsOf(op), ...op.operands.flatMap((_, i) => sharingFact(op, i, uses))]);
    const layer: ComparedLayer = { op, kind: op.kind, facts, inputs };
    op.results.forEach((value, result) => {
      sources.set(value, { layer, result });
    });
    return layer;
  });
  return { layers, outputs: graph.outputs.map((output) => sources.get(output)) };
}

/** The inputs of a graph as sources. The batch is ignored. */
export function inputSources({ inputs }: Graph): Map<Value, Source> {
  return new Map(
    inputs.map((value, input): [Value, Source] => {
      const { dims, dtype } = value.type;
      return [value, { input, type: formatType({ ...value.type, dims: ["N", ...dims.slice(1)], dtype }) }];
    }),
  );
}

function factsOf(op: Op): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  const attributes: Readonly<Record<string, unknown>> = op.attributes;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) facts.set(name, { use: useOf(op, name), text: textOf(value) });
  }
  for (const [name, operand] of namedOperands(op)) {
    if (operand.kind !== "parameter") continue;
    for (const [key, fact] of parameterFacts(name, operand)) facts.set(key, fact);
  }
  const window = windowOf(op);
  if (window !== undefined) facts.set("window", { use: "computed", text: window });
  const order = orderOf(op);
  if (order !== undefined) facts.set("operands", { use: "computed", text: order });
  return facts;
}

function useOf(op: Op, attribute: string): FactUse {
  if (definitionOf(op.kind).trainingOnly === true) return "training";
  if (isOp(op, "batch_norm") && attribute === "momentum") return "training";
  return Object.hasOwn(withoutKernelRule(op.attributes), attribute) ? "computed" : "origin";
}

/** `3×5`: the sides of a convolution's kernel. */
export function windowOf({ kind, operands: [, weight] }: Op): string | undefined {
  return kind === "conv" || kind === "conv_1d" ? weight?.type.dims.slice(2).join("×") : undefined;
}

/** The operands with the names that the op has for them. */
function namedOperands(op: Op): readonly (readonly [name: string, operand: Value])[] {
  const { operands } = definitionOf(op.kind);
  return op.operands.map((operand, i) => {
    const { name, count } = operandSlot(operands, i) ?? { name: "", count: "one" };
    return [count === "rest" ? `${name} ${i}` : name, operand];
  });
}

/** Of how many ops an operand is, which is a parameter that is trained; nothing of those that one op reads. */
export function sharingFact(
  op: Op,
  operand: number,
  uses: ReturnType<typeof usesOf>,
): readonly (readonly [string, Fact])[] {
  const value = op.operands[operand];
  const readers = value === undefined ? 0 : (uses.get(value)?.length ?? 0);
  if (value?.kind !== "parameter" || value.role === "fixed" || readers < 2) return [];
  const name = operandSlot(definitionOf(op.kind).operands, operand)?.name ?? "";
  return [[`${name} shared by`, { use: "computed", text: `${readers} layers` }]];
}

/** Which operands are constants, where that is not said by there being fewer others: c - x is not x - c. */
export function orderOf({ kind, operands }: Op): string | undefined {
  if (COMMUTATIVE.has(kind)) return undefined;
  const order = operands.map((operand) => (operand.kind === "parameter" ? "parameter" : "map"));
  return order.indexOf("parameter") < order.lastIndexOf("map") && order.includes("parameter")
    ? order.join(", ")
    : undefined;
}

/** Ops for which the order of their operands is nothing. */
export const COMMUTATIVE: ReadonlySet<string> = new Set(["add", "mul", "max", "min", "sum"]);

function* parameterFacts(name: string, parameter: Parameter): Iterable<[string, Fact]> {
  const { type, role, data } = parameter;
  yield [name, { use: "size", text: textOf(type.dims) }];
  const numbers = role === "fixed" ? numbersOf(data) : undefined;
  if (numbers !== undefined) {
    yield [`${name} numbers`, { use: "computed", text: numbers }];
    return;
  }
  const made = madeOf(data);
  if (made !== undefined) yield [`${name} made by`, { use: "computed", text: made }];
  yield [`${name} starts as`, { use: "start", text: startOf(data, parameter.name).join(", ") }];
}

/** The numbers of a constant, as float32 has them; of many their digest. */
export function numbersOf(data: WeightExpr): string | undefined {
  const values = smallValues(data);
  if (values !== undefined) return textOf(values.map((value) => shortestDecimal(value, "float32")));
  const isGiven = data.kind === "stored" || data.kind === "constant";
  const elements = isGiven ? elementsOf(data) : undefined;
  return elements && digestOf(new Float32Array(elements));
}

function digestOf({ length, buffer }: Float32Array<ArrayBuffer>): string {
  return `${length} numbers, SHA-256 ${sha256Hex(new Uint8Array(buffer)).slice(0, 12)}`;
}

/** `div(·, sqrt(add(·, 0.00001)))`: what is done with the numbers that are trained; undefined for these alone. */
function madeOf(data: WeightExpr): string | undefined {
  const text = (expr: WeightExpr): string => {
    switch (expr.kind) {
      case "normal":
      case "uniform":
      case "stored":
        return "·";
      case "constant":
        return expr.dims.length === 0 ? String(expr.value) : "·";
      case "sqrt":
      case "transpose":
        return `${expr.kind}(${text(expr.of)})`;
      case "computed":
        return `${expr.op}(${expr.operands.map(({ data }) => text(data)).join(", ")})`;
      case "add":
      case "sub":
      case "mul":
      case "div":
        return `${expr.kind}(${text(expr.left)}, ${text(expr.right)})`;
    }
  };
  const made = text(data);
  return made === "·" ? undefined : made;
}

/** How the numbers that are trained start, in the order of the expression; with their random stream, if it is another's. */
function startOf(data: WeightExpr, parameter: string): readonly string[] {
  const of = (stream: string): string => (stream === parameter ? "" : ` of ${stream}`);
  switch (data.kind) {
    case "normal":
      return [`normal(0, ${data.std})${of(data.stream)}`];
    case "uniform":
      return [`uniform(${data.low}, ${data.high})${of(data.stream)}`];
    case "constant":
      return [String(data.value)];
    case "stored":
      return [data.label];
    case "sqrt":
    case "transpose":
      return startOf(data.of, parameter);
    case "computed":
      return data.operands.flatMap((each) => startOf(each.data, parameter));
    case "add":
    case "sub":
    case "mul":
    case "div":
      return [...startOf(data.left, parameter), ...startOf(data.right, parameter)];
  }
}

/** `[2, 2]`, `same`, `0.00001` */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** The scope as it is called inside of a block: `expand/act`. */
export function below(scope: string, block: string): string {
  return scope.startsWith(`${block}/`) ? scope.slice(block.length + 1) : scope;
}
