import type { Graph, Op, Value } from "./graph.js";
import { definitionOf, isOpName } from "./ops/registry.js";
import { formatType, sameDims, sameType, TypeRefusal } from "./types.js";

/** A broken invariant of a graph, and where. */
export interface Violation {
  readonly message: string;
  readonly at: string;
}

/**
 * Checks what every pass must leave true: definitions before uses, unique names, known ops with valid
 * attributes, and result types that are exactly what inference gives. All violations, not the first.
 */
export function verifyGraph(graph: Graph): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (at: string, message: string): void => void violations.push({ at, message });
  const names = new Map<string, Value>();
  const defined = new Set<Value>();
  const define = (value: Value, at: string): void => {
    const other = names.get(value.name);
    if (other !== undefined && other !== value) report(at, `the name ${value.name} is taken twice`);
    names.set(value.name, value);
    defined.add(value);
  };

  for (const input of graph.inputs) define(input, `input ${input.name}`);
  for (const op of graph.ops) {
    const at = `${op.kind} at ${op.loc.scope}`;
    for (const operand of op.operands) {
      if (operand.kind === "parameter") define(operand, at);
      else if (!defined.has(operand)) report(at, `${operand.name} is used before it is defined`);
      if (operand.kind === "parameter" && !sameDims(operand.type.dims, operand.data.dims)) {
        report(
          at,
          `${operand.name} is ${formatType(operand.type)} and its data has [${operand.data.dims.join(", ")}]`,
        );
      }
    }
    verifyTypes(op, (message) => report(at, message));
    for (const result of op.results) {
      if (defined.has(result)) report(at, `${result.name} is defined twice`);
      define(result, at);
    }
  }
  for (const output of graph.outputs) {
    if (!defined.has(output)) report(`output ${output.name}`, "is not defined in the graph");
  }
  if (graph.outputs.length === 0) report("the graph", "has no output");
  return violations;
}

function verifyTypes(op: Op, report: (message: string) => void): void {
  if (!isOpName(op.kind)) return report(`unknown op ${op.kind as string}`);
  const definition = definitionOf(op.kind);
  const attributes = definition.attributes.safeParse(op.attributes);
  if (!attributes.success)
    return report(`attributes: ${attributes.error.issues.map((issue) => issue.message).join("; ")}`);
  try {
    const types = definition.infer(
      op.operands.map((operand) => operand.type),
      attributes.data,
    );
    types.forEach((type, i) => {
      const result = op.results[i];
      if (result === undefined) report(`result ${i} is missing`);
      else if (!sameType(result.type, type))
        report(`${result.name} is ${formatType(result.type)}, inferred ${formatType(type)}`);
    });
  } catch (error) {
    if (!(error instanceof TypeRefusal)) throw error;
    report(error.message);
  }
}
