import type { AttentionSite } from "./attention/module.js";
import type { AttentionOptions } from "./attention/modules.js";
import { freezeGraph, freezeOp, GraphBuilder, makeParameter } from "./builder.js";
import {
  type Graph,
  type GraphInput,
  type Loc,
  type Op,
  type OpOf,
  type Parameter,
  type ParameterRole,
  parametersOf,
  type Result,
  usesOf,
  type Value,
} from "./graph.js";
import type { Initializer } from "./initializers.js";
import { inferTypes } from "./op.js";
import { type AttributesInput, type AttributesOf, definitionOf, type OpName } from "./ops/registry.js";
import { type DType, sameType, type TensorType, TypeRefusal, unlessRefused } from "./types.js";
import type { WeightExpr } from "./weight.js";

/** What a rewriting may do at one op: add ops before it. Everything it adds carries the pass's name. */
export interface RewriteContext {
  /** Adds an op. `suffix` extends the scope and the name of the op that is being replaced. */
  op<N extends OpName>(
    kind: N,
    operands: readonly Value[],
    attributes: AttributesInput<N>,
    suffix?: string,
  ): Result;
  /** The op that computes a value of the new graph; undefined for inputs and parameters. */
  producer(value: Value): Op | undefined;
  /** Whether a value may replace the op: an output stays a result of its own. */
  accepts(value: Value): boolean;
  /**
   * An earlier op over other operands, under its name and where it stands; its readers must be gone. `make` gives the
   * operands, and may give new parameters the names of those that only the earlier op reads.
   */
  instead<N extends OpName>(
    earlier: OpOf<N>,
    make: () => readonly Value[],
    attributes?: AttributesInput<N>,
  ): Result;
  /** Has the op, which stays with all its results, read other operands of the same types. */
  readInstead(operands: readonly Value[]): void;
  /** The op itself over other operands: its types are inferred again, its loc, maker and name stay. */
  again(operands: readonly Value[], suffix?: string): Result;
  // New parameters have the element type that the op computes in, unless another is asked for.
  parameter(name: string, dims: readonly number[], init: Initializer, role?: ParameterRole): Value;
  /** A parameter of given data. */
  parameterOf(name: string, data: WeightExpr, role: ParameterRole, dtype?: DType): Value;
  /** A `fixed` parameter of given data: a number or table that a lowering needs. `name` extends the op's scope. */
  constant(name: string, data: WeightExpr): Value;
  /** Attention over x; its parameters have the element type of x unless another is asked for. */
  attention(x: Value, options: AttentionOptions, site: AttentionSite, dtype?: DType): Result;
}

/**
 * What becomes of an op: `undefined` keeps it, a value replaces its (only) result, and nothing is
 * left of the op. The op's operands are already those of the new graph.
 */
export type Rewriting = (op: Op, context: RewriteContext) => Value | undefined;

/**
 * A copy of the graph with every op rewritten in order. Ops whose operands changed are built anew, so their
 * types are inferred again. Parameters that lose their last user go with it.
 *
 * The graph's outputs keep their names: what replaces the op of an output, a result or a parameter, is named like it. An op
 * stays where its replacement can't be: an input, or a value that is another output already.
 */
export function rewriteGraph(graph: Graph, pass: string, rewrite: Rewriting): Graph {
  const builder = GraphBuilder.like(graph);
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const uses = usesOf(graph);
  const outputs = new Set<Value>(graph.outputs);
  const taken = new Set<Value>(graph.outputs.filter(({ kind }) => kind === "parameter"));
  const mayReplace = (original: Op, replacement: Value): boolean =>
    !original.results.some((result) => outputs.has(result)) ||
    (replacement.kind !== "input" && !taken.has(replacement));

  for (const original of graph.ops) {
    let op = withOperands(original, original.operands.map(current));
    // What replaces an op may take over its name and those of the parameters that only it reads.
    const own = original.operands.filter(
      (value) => value.kind === "parameter" && uses.get(value)?.length === 1,
    );
    const names = [...original.results, ...own].map((value) => value.name);
    builder.release(names);
    const readInstead = (operands: readonly Value[]): void => {
      op = withOperands(op, operands);
    };
    const accepts = (value: Value): boolean => mayReplace(original, current(value));
    const isOwn = (value: Value): boolean => (uses.get(value)?.length ?? 1) === 1;
    const given = rewrite(op, { ...contextAt(builder, op, pass, isOwn), accepts, readInstead });
    // It may be the result that an op had before it was built again.
    const replacement = given && current(given);
    builder.reserve(own.map((value) => value.name));
    if (replacement !== undefined && mayReplace(original, replacement)) {
      for (const result of original.results) replaced.set(result, replacement);
    } else if (op === original || definitionOf(op.kind).foreign || sameTypes(op, original)) {
      builder.add(op);
    } else {
      const [result] = original.results;
      const rebuilt = builder.op(op.kind, op.operands, op.attributes as never, op.loc, result?.name);
      if (result !== undefined) replaced.set(result, rebuilt);
    }
    for (const result of original.results) if (outputs.has(result)) taken.add(current(result));
  }
  return nameOutputs(
    builder.finish(graph.outputs.map(current)),
    graph.outputs.map((output) => output.name),
  );
}

/** The graph with other numbers in its parameters. Names, types and everything else stay. */
export function replaceParameters(graph: Graph, replace: (parameter: Parameter) => Parameter): Graph {
  const replacements = new Map<Value, Value>();
  for (const parameter of parametersOf(graph)) {
    const replacement = replace(parameter);
    if (replacement !== parameter) replacements.set(parameter, replacement);
  }
  return substituteValues(graph, replacements);
}

/** The graph with other numbers in some of its parameters, under their names and in their types. */
export function replaceData(graph: Graph, data: ReadonlyMap<Parameter, WeightExpr>): Graph {
  return replaceParameters(graph, (parameter) => {
    const expression = data.get(parameter);
    return expression === undefined
      ? parameter
      : makeParameter(parameter.name, expression, parameter.role, parameter.type.dtype);
  });
}

/**
 * The graph with inputs of other types, and every other type inferred from these. Undefined where its ops refuse that, as one
 * that is written for sizes of the old types does, and an opaque one that reads what has another type now.
 */
export function retypeInputs(graph: Graph, typeOf: (input: GraphInput) => TensorType): Graph | undefined {
  const inputs = graph.inputs.map((input) => Object.freeze({ ...input, type: typeOf(input) }));
  const values = new Map<Value, Value>(graph.inputs.map((input, i) => [input, inputs[i] ?? input]));
  const current = (value: Value): Value => values.get(value) ?? value;
  return unlessRefused(() => {
    const ops = graph.ops.map((op) => {
      const operands = op.operands.map(current);
      const definition = definitionOf(op.kind);
      if (definition.foreign === true && !sameTypes({ ...op, operands } as Op, op))
        throw new TypeRefusal(`${op.loc.scope} is opaque: its types for other inputs are not known`);
      const types = inferTypes(
        definition,
        operands.map(({ type }) => type),
        op.attributes,
      );
      const results = op.results.map((result, i) =>
        Object.freeze({ ...result, type: types[i] ?? result.type }),
      );
      op.results.forEach((result, i) => {
        values.set(result, results[i] ?? result);
      });
      return freezeOp({ ...op, operands, results } as Op);
    });
    return freezeGraph({ ...graph, inputs, ops, outputs: graph.outputs.map(current) });
  });
}

/** The graph with other names for its outputs. An output that is an input keeps its own. */
export function nameOutputs(graph: Graph, names: readonly string[]): Graph {
  const renamed = new Map<Value, Value>();
  graph.outputs.forEach((output, i) => {
    const name = names[i] ?? output.name;
    if (output.kind !== "input" && output.name !== name) {
      renamed.set(output, Object.freeze({ ...output, name }));
    }
  });
  return substituteValues(graph, renamed);
}

/** The graph with values of the same type and kind instead of others, as operands, results and outputs. */
function substituteValues(graph: Graph, substitutes: ReadonlyMap<Value, Value>): Graph {
  if (substitutes.size === 0) return graph;
  const current = <V extends Value>(value: V): V => (substitutes.get(value) ?? value) as V;
  const ops = graph.ops.map((op) =>
    [...op.operands, ...op.results].some((value) => substitutes.has(value))
      ? freezeOp({ ...op, operands: op.operands.map(current), results: op.results.map(current) } as Op)
      : op,
  );
  return freezeGraph({ ...graph, ops, outputs: graph.outputs.map(current) });
}

/** @param isOwn whether a parameter is read by one op of the graph before, or by one that was made since */
function contextAt(
  builder: GraphBuilder,
  op: Op,
  pass: string,
  isOwn: (parameter: Value) => boolean,
): Omit<RewriteContext, "readInstead" | "accepts"> {
  const loc: Loc = { ...op.loc, pass };
  const base = op.results[0]?.name ?? op.loc.scope.slice(1);
  const dtype = op.results[0]?.type.dtype;
  const nameOf = (suffix: string | undefined): string => (suffix === undefined ? base : `${base}/${suffix}`);
  return {
    op(kind, operands, attributes, suffix) {
      const scope = suffix === undefined ? loc.scope : `${loc.scope}/${suffix}`;
      return builder.op(kind, operands, attributes, { ...loc, scope }, nameOf(suffix));
    },
    again: (operands, suffix) =>
      builder.op(op.kind, operands, op.attributes as never, op.loc, nameOf(suffix)),
    producer: (value) => builder.producerOf(value),
    instead(earlier, make, attributes) {
      const own = earlier.operands.filter((value) => value.kind === "parameter" && isOwn(value));
      const names = [...earlier.results, ...own].map(({ name }) => name);
      builder.release(names);
      const operands = make();
      const [result] = earlier.results;
      const given = attributes ?? (earlier.attributes as AttributesInput<typeof earlier.kind>);
      return builder.op(earlier.kind, operands, given, { ...earlier.loc, pass }, result?.name);
    },
    parameter: (name, dims, init, role) => builder.parameter(name, dims, init, role, dtype),
    parameterOf: (name, data, role, type = dtype) => builder.parameterOf(name, data, role, type),
    constant: (name, data) =>
      builder.parameterOf(`${loc.scope.slice(1).replaceAll("/", ".")}.${name}`, data, "fixed", dtype),
    attention(x, options, site, type) {
      // Where applications share a gate, all of theirs are replaced.
      const names =
        builder.sharedAt(loc.scope) === undefined
          ? []
          : op.operands.flatMap(({ kind, name }) => (kind === "parameter" ? [name] : []));
      builder.release(names);
      const gated = builder.attention(x, options, site, loc, type);
      builder.reserve(names);
      return gated;
    },
  };
}

function withOperands(op: Op, operands: readonly Value[]): Op {
  return operands.every((operand, i) => operand === op.operands[i]) ? op : ({ ...op, operands } as Op);
}

function sameTypes(a: Op, b: Op): boolean {
  return a.operands.every((operand, i) => {
    const other = b.operands[i];
    return other !== undefined && sameType(operand.type, other.type);
  });
}

/** Whether an op is of a kind, as a type guard that also narrows its attributes. */
export function isOp<N extends OpName>(
  op: Op | undefined,
  kind: N,
): op is Op & OpOf<N> & { attributes: AttributesOf<N> } {
  return op?.kind === kind;
}
