import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import { parseJsonPath } from "../../base/json-path.js";
import { scopePattern } from "../../base/wildcard.js";
import { makeParameter } from "../../ir/builder.js";
import type { Graph, Op, Parameter, Value } from "../../ir/graph.js";
import { definitionOf, isPrimitive } from "../../ir/ops/registry.js";
import { isOp, type RewriteContext, rewriteGraph } from "../../ir/rewrite.js";
import type { DType } from "../../ir/types.js";
import { definePass } from "../engine/pass.js";
import { type FloatType, isFloat, planPrecision, reasonForFloat32 } from "./precision-plan.js";

/**
 *     conv(x, @w)          →  conv(cast(x), @w)            in float16
 *     global_avg_pool(y)   →  global_avg_pool(cast(y))     in float32
 *
 * Inputs and outputs keep their types. Which op computes in which type is `planPrecision`'s; a value that is needed
 * in both is cast once. Parameters change their element type, not their numbers: those are rounded when written.
 *
 * Source: Micikevicius et al., Mixed Precision Training (ICLR 2018), section 3.3: reductions and normalisations
 * in float32, products and elementwise operations in either.
 */
export const lowerPrecision = definePass({
  name: "lower-precision",
  doc: "Computes in half precision, except ops that need float32.",
  options: () =>
    z.strictObject({
      to: z.enum(["fp16"]).default("fp16").describe("The precision."),
      keep: z
        .string()
        .optional()
        .describe("Pattern of scopes that stay in float32: /head/** for the whole head."),
      weights: z
        .int()
        .min(0)
        .default(4096)
        .describe(
          "Layers of a gate whose squeeze is computed in float32 stay in float32 if they have at most this many weights each.",
        ),
    }),
  preserves: "values",
  run(graph, { keep, weights }) {
    refuseModelOps(graph);
    const plan = planPrecision(graph, { weights, kept: opsOf(graph, keep) });
    const values = new TypedValues();
    const outputs = new Set<Value>(graph.outputs);
    const foreign = foreignOperandTypes(graph);
    return rewriteGraph(graph, "lower-precision", (op, context) => {
      const [result] = op.results;
      if (result === undefined) return undefined;
      const wanted = foreign.get(result);
      if (wanted !== undefined) {
        context.readInstead(op.operands.map((operand, i) => values.as(operand, wanted[i], context)));
        return undefined;
      }
      // Integers stay what they are, and so does what they are made of, unless that must be float32.
      if (!isFloat(result)) {
        if (reasonForFloat32(op) === undefined) return undefined;
        const operands = op.operands.map((operand) => values.as(operand, "float32", context));
        return operands.every((operand, i) => operand === op.operands[i])
          ? undefined
          : context.again(operands);
      }
      if (isOp(op, "cast")) return values.recast(op.operands[0], result.type.dtype);
      const type = plan.get(result) ?? "float32";
      const operands = op.operands.map((operand) => values.as(operand, type, context));
      if (operands.every((operand, i) => operand === op.operands[i]) && result.type.dtype === type)
        return undefined;
      if (type === result.type.dtype || !outputs.has(result)) return context.again(operands);
      return values.widened(context.again(operands, "half"), context);
    });
  },
});

/** The values of a graph in both types, each made once. */
class TypedValues {
  readonly #casts = new Map<Value, Value>();
  readonly #parameters = new Map<Parameter, Map<FloatType, Value>>();

  /** The value in a type: as it is, or by a cast in front of the op that is being rewritten. */
  as(value: Value, type: DType | undefined, context: RewriteContext): Value {
    if (!isFloat(value) || (type !== "float32" && type !== "float16")) return value;
    // A parameter in half precision has lost digits, which no other element type gives back.
    if (value.kind === "parameter" && value.type.dtype === "float32") {
      return this.#parameter(value, type, context);
    }
    if (value.type.dtype === type) return value;
    const known = this.#casts.get(value);
    if (known !== undefined) return known;
    const made = context.op("cast", [value], { to: type }, type === "float16" ? "to_half" : "to_float");
    this.#casts.set(value, made);
    if (type === "float32") this.#casts.set(made, value);
    return made;
  }

  /** A graph's output that is computed in half precision, in the type that it is declared with. */
  widened(value: Value, context: RewriteContext): Value {
    const made = context.op("cast", [value], { to: "float32" });
    this.#casts.set(value, made);
    this.#casts.set(made, value);
    return made;
  }

  /** What becomes of a cast that the graph had: it goes where its operand has that type by now. */
  recast(value: Value | undefined, to: DType): Value | undefined {
    return value?.type.dtype === to ? value : undefined;
  }

  /** The parameter in a type. The first keeps the name; constants may be needed in both. */
  #parameter(parameter: Parameter, type: FloatType, context: RewriteContext): Value {
    const versions = this.#parameters.get(parameter) ?? new Map<FloatType, Value>();
    this.#parameters.set(parameter, versions);
    const known = versions.get(type);
    if (known !== undefined) return known;
    const { name, data, role } = parameter;
    const first = type === "float32" ? parameter : makeParameter(name, data, role, type);
    const made = versions.size === 0 ? first : context.parameterOf(name, data, role, type);
    versions.set(type, made);
    return made;
  }
}

/** What operators of someone else's read, by their first result: they go on reading it in the same types. */
function foreignOperandTypes({ ops }: Graph): ReadonlyMap<Value, readonly DType[]> {
  return new Map(
    ops.flatMap(({ kind, operands, results: [result] }) =>
      definitionOf(kind).foreign && result !== undefined
        ? [[result, operands.map(({ type }) => type.dtype)] as const]
        : [],
    ),
  );
}

/** The ops whose scope the pattern matches. */
function opsOf(graph: Graph, pattern: string | undefined): ReadonlySet<Op> {
  if (pattern === undefined) return new Set();
  const matches = scopePattern(pattern);
  const found = graph.ops.filter((op) => matches(op.loc.scope));
  if (found.length > 0) return new Set(found);
  throw InputError.of("pass/no-match", `lower-precision: no op has a scope that matches ${pattern}`, {
    hint: "--print-ir-after-all shows the scope of each op",
  });
}

/** What a model-level op becomes decides where it rounds, so lowering comes first. */
function refuseModelOps(graph: Graph): void {
  const op = graph.ops.find(({ kind }) => !isPrimitive(kind));
  if (op === undefined) return;
  throw InputError.of(
    "pass/not-lowered",
    `lower-precision takes operators, and ${op.kind} at ${op.loc.scope} is none`,
    {
      path: op.loc.specPath === undefined ? undefined : parseJsonPath(op.loc.specPath),
      hint: "compile with --precision fp16, or put strip-training, lower-attention and lower-activation before it",
    },
  );
}
