import type { Graph, Op, Value } from "./graph.js";
import { inferTypes } from "./op.js";
import { formatOperands, takesOperands } from "./operands.js";
import { definitionOf, isOpName } from "./ops/registry.js";
import { formatType, sameDims, sameType, TypeRefusal } from "./types.js";

/** A broken invariant of a graph, and where. */
export interface Violation {
  readonly message: string;
  readonly at: string;
  /** The op that it is about; undefined for inputs, outputs and the graph as a whole. */
  readonly op?: Op;
}

/**
 * Checks what every pass must leave true: definitions before uses, unique names, known ops with valid
 * attributes, and result types that are exactly what inference gives. All violations, not the first.
 */
export function verifyGraph(graph: Graph): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (at: string, message: string, op?: Op): void =>
    void violations.push({ at, message, ...(op === undefined ? {} : { op }) });
  const names = new Map<string, Value>();
  const defined = new Set<Value>();
  const define = (value: Value, at: string, op?: Op): void => {
    const other = names.get(value.name);
    if (other !== undefined && other !== value) report(at, `the name ${value.name} is taken twice`, op);
    names.set(value.name, value);
    defined.add(value);
  };

  for (const input of graph.inputs) define(input, `input ${input.name}`);
  for (const op of graph.ops) {
    const at = `${op.kind} at ${op.loc.scope}`;
    for (const operand of op.operands) {
      if (operand.kind === "parameter") define(operand, at, op);
      else if (!defined.has(operand)) report(at, `${operand.name} is used before it is defined`, op);
      if (operand.kind === "parameter" && !sameDims(operand.type.dims, operand.data.dims)) {
        report(
          at,
          `${operand.name} is ${formatType(operand.type)} and its data has [${operand.data.dims.join(", ")}]`,
          op,
        );
      }
    }
    verifyTypes(op, (message) => report(at, message, op));
    for (const result of op.results) {
      if (defined.has(result)) report(at, `${result.name} is defined twice`, op);
      define(result, at, op);
    }
  }
  for (const output of graph.outputs) {
    if (output.kind === "parameter") define(output, `output ${output.name}`);
    if (!defined.has(output)) report(`output ${output.name}`, "is not defined in the graph");
  }
  if (graph.outputs.length === 0) report("the graph", "has no output");
  return violations;
}

/**
 * Ops that passed `verifyTypes`. Whether an op's attributes and types fit depends on the op alone, and ops are
 * frozen: those that a pass hands on as they are need no second look.
 */
const wellTyped = new WeakSet<Op>();

function verifyTypes(op: Op, report: (message: string) => void): void {
  if (wellTyped.has(op)) return;
  let refused = false;
  checkTypes(op, (message) => {
    refused = true;
    report(message);
  });
  if (!refused && Object.isFrozen(op)) wellTyped.add(op);
}

function checkTypes(op: Op, report: (message: string) => void): void {
  if (!isOpName(op.kind)) {
    report(`unknown op ${op.kind as string}`);
    return;
  }
  const definition = definitionOf(op.kind);
  const attributes = definition.attributes.safeParse(op.attributes);
  if (!attributes.success) {
    report(`attributes: ${attributes.error.issues.map((issue) => issue.message).join("; ")}`);
    return;
  }
  if (!takesOperands(definition.operands, op.operands.length)) {
    report(`takes the operands ${formatOperands(definition.operands)}, has ${op.operands.length}`);
    return;
  }
  try {
    const types = inferTypes(
      definition,
      op.operands.map((operand) => operand.type),
      attributes.data,
    );
    if (op.results.length > types.length) {
      report(`has ${op.results.length} results, inferred ${types.length}`);
    }
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
