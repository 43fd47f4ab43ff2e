import type * as z from "zod";
import { escapeUnseen } from "../base/json-text.js";
import type { Block, Graph, Loc, Op, Value } from "./graph.js";
import { parametersOf } from "./graph.js";
import { definitionOf, type OpName, opName } from "./ops/registry.js";
import { formatType } from "./types.js";
import type { WeightExpr } from "./weight.js";

/**
 * The IR as text. `parseGraph(printGraph(graph))` is the same graph and `printGraph` of that the same text.
 *
 *     graph "b0" {
 *       block /stem "stem" channels 3 at "$.stem"
 *       input %x : float32[N, 3, 224, 224]
 *       trainable @stem.conv.weight = normal([32, 3, 3, 3], 0.08, "stem.conv.weight")
 *       %stem/conv : float32[N, 32, 112, 112] = conv(%x, @stem.conv.weight) {strides = [2, 2]} loc(/stem/conv, "$.stem")
 *       return %stem/conv
 *     }
 *
 * Attributes that have their default are left out.
 */
export function printGraph(graph: Graph): string {
  const lines = [
    ...graph.blocks.map(printBlock),
    ...graph.inputs.map((input) => `input ${printValue(input)} : ${formatType(input.type)}`),
    ...parametersOf(graph).map(({ name, role, data, type }) => {
      const dtype = type.dtype === "float32" ? "" : ` : ${type.dtype}`;
      return `${role} @${printName(name)}${dtype} = ${printWeight(data)}`;
    }),
    ...graph.ops.map(printOp),
    `return ${graph.outputs.map(printValue).join(", ")}`,
  ];
  return escapeUnseen(
    `graph ${JSON.stringify(graph.name)} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`,
  );
}

/** One op as it stands in the text form. */
export function printOp(op: Op): string {
  return `${printComputation(op)} ${printLoc(op.loc)}`;
}

/** The same without where it comes from. */
export function printComputation(op: Op): string {
  const results = op.results.map((result) => `${printValue(result)} : ${formatType(result.type)}`).join(", ");
  const attributes = printAttributes(op.kind, op.attributes);
  return `${results} = ${op.kind}(${op.operands.map(printValue).join(", ")})${attributes}`;
}

function printBlock(block: Block): string {
  const numbers = block.stage === undefined ? "" : ` stage ${block.stage} index ${block.index ?? 0}`;
  const start = block.initialization === undefined ? "" : ` init ${block.initialization}`;
  const shared =
    block.shared === undefined
      ? ""
      : ` shared ${block.shared.by.map(printName).join(", ")}${block.shared.ownNorms ? " own norms" : ""}`;
  const at = block.specPath === undefined ? "" : ` at ${JSON.stringify(block.specPath)}`;
  return `block ${printName(block.scope)} ${JSON.stringify(block.type)} channels ${block.inputChannels}${numbers}${start}${shared}${at}`;
}

function printValue(value: Value): string {
  return `${value.kind === "parameter" ? "@" : "%"}${printName(value.name)}`;
}

/** A name as it is where it consists of plain characters and begins no comment, else in quotes. */
function printName(name: string): string {
  return /^(?!\/\/)[A-Za-z0-9_./-]+$/.test(name) ? name : JSON.stringify(name);
}

function printAttributes(kind: OpName, attributes: Readonly<Record<string, unknown>>): string {
  const defaults = defaultAttributes(definitionOf(kind).attributes);
  const written = Object.entries(attributes)
    .map(([key, value]) => [key, spacedJson(value)] as const)
    .filter(([key, text]) => text !== undefined && text !== defaults.get(key));
  return written.length === 0 ? "" : ` {${written.map(([key, text]) => `${key} = ${text}`).join(", ")}}`;
}

const defaultsOfSchema = new WeakMap<z.ZodObject, ReadonlyMap<string, string>>();

function defaultAttributes(schema: z.ZodObject): ReadonlyMap<string, string> {
  const known = defaultsOfSchema.get(schema);
  if (known !== undefined) return known;
  const defaults = new Map<string, string>();
  for (const [key, field] of Object.entries(schema.shape)) {
    const absent = (field as z.ZodType).safeParse(undefined);
    const text = absent.success ? spacedJson(absent.data) : undefined;
    if (text !== undefined) defaults.set(key, text);
  }
  defaultsOfSchema.set(schema, defaults);
  return defaults;
}

function printLoc({ scope, specPath, pass }: Loc): string {
  const spec = specPath === undefined ? "" : `, ${JSON.stringify(specPath)}`;
  return `loc(${printName(scope)}${spec}${pass === undefined ? "" : ` by ${pass}`})`;
}

export function printWeight(weight: WeightExpr): string {
  const dims = `[${weight.dims.join(", ")}]`;
  switch (weight.kind) {
    case "normal":
      return `normal(${dims}, ${weight.std}, ${JSON.stringify(weight.stream)})`;
    case "uniform":
      return `uniform(${dims}, ${weight.low}, ${weight.high}, ${JSON.stringify(weight.stream)})`;
    case "constant":
      return `constant(${dims}, ${weight.value})`;
    case "stored":
      return `stored(${dims}, ${JSON.stringify(weight.label)})`;
    case "sqrt":
      return `sqrt(${printWeight(weight.of)})`;
    case "transpose":
      return `transpose(${dims}, ${printWeight(weight.of)})`;
    case "computed": {
      const { op, attributes, operands, dtype } = weight;
      const read = operands.map((each) => `${each.dtype} ${printWeight(each.data)}`).join(", ");
      return `computed(${dtype}${dims}, ${op}(${read})${printAttributes(opName(op), attributes)})`;
    }
    case "add":
    case "sub":
    case "mul":
    case "div":
      return `${weight.kind}(${printWeight(weight.left)}, ${printWeight(weight.right)})`;
  }
}

/** JSON with a space after each comma that is not in a string; undefined for what JSON has no text for. */
function spacedJson(value: unknown): string | undefined {
  return JSON.stringify(value)?.replace(/"(?:[^"\\]|\\.)*"|,/g, (token) => (token === "," ? ", " : token));
}
