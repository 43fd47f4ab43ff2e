import { InputError } from "../../base/diagnostic.js";
import { freezeGraph, freezeOp, makeParameter } from "../../ir/builder.js";
import {
  type Graph,
  type GraphInput,
  type Loc,
  type Op,
  producersOf,
  type Result,
  usesOf,
  type Value,
} from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { tensorType } from "../../ir/types.js";
import type { RanPasses } from "../engine/manager.js";
import type { ExportPipelineOptions } from "../export-options.js";
import { NewNames } from "../raise/names.js";

/**
 * What passes made of a network, with the ends that an export is to have. Errors: `InputError` where those of a network in float32 are to be in
 * half precision.
 */
export function withEnds(ran: RanPasses, { precision, halfIo = false }: EndOptions): RanPasses {
  if (!halfIo) return ran;
  if (precision === "fp16") return { ...ran, graph: withHalfEnds(ran.graph) };
  throw InputError.of("flag/unused", "--fp16-io is about networks in half precision", {
    hint: "it goes with --precision fp16",
  });
}

type EndOptions = Pick<ExportPipelineOptions, "precision" | "halfIo">;

/**
 *     cast(%x : float32) {to = float16}  →  %x : float16            where the network computes in half precision
 *     f(%x : float32)                    →  f(cast(%x : float16))   where it doesn't
 *
 * The inputs and outputs of a lowered graph in float16, under their names. Those of other types stay.
 */
export function withHalfEnds(graph: Graph): Graph {
  return withHalfOutputs(withHalfInputs(graph));
}

/** Inputs, and parameters that are outputs themselves, in float16. What reads them in float32 gets a cast. */
function withHalfInputs(graph: Graph): Graph {
  const names = new NewNames(graph);
  const given = [...graph.inputs, ...graph.outputs.filter(({ kind }) => kind === "parameter")];
  const halves = new Map(given.filter(isFloat32).map((value) => [value, inHalf(value)]));
  const casts = new Map<Value, CastTo>();
  const replaced = new Map<Value, Value>();
  const read = (value: Value): Value => {
    const half = halves.get(value);
    if (half === undefined) return replaced.get(value) ?? value;
    const cast =
      casts.get(value) ?? castOf(half, "float32", names.fresh(`${value.name}/float`), nodeOf(value));
    casts.set(value, cast);
    return cast.result;
  };
  const ops = graph.ops.flatMap((op) => {
    const [x] = op.operands;
    const half = x && halves.get(x);
    const [result] = op.results;
    if (
      isOp(op, "cast") &&
      half !== undefined &&
      result?.type.dtype === "float16" &&
      !graph.outputs.includes(result)
    ) {
      replaced.set(result, half);
      return [];
    }
    return [withValues(op, read)];
  });
  return freezeGraph({
    ...graph,
    inputs: graph.inputs.map((input) => (halves.get(input) as GraphInput | undefined) ?? input),
    ops: [...[...casts.values()].map(({ op }) => op), ...ops],
    outputs: graph.outputs.map((output) => halves.get(output) ?? replaced.get(output) ?? output),
  });
}

/** Outputs in float16: what is computed in it without the cast behind, what isn't with one. */
function withHalfOutputs(graph: Graph): Graph {
  const names = new NewNames(graph);
  const uses = usesOf(graph);
  const makers = producersOf(graph);
  const outputs = new Set<Value>(graph.outputs);
  const renamed = new Map<Value, Value>();
  const gone = new Set<Op>();
  const added: Op[] = [];
  const ends = new Map<Value, Value>();
  for (const output of outputs) {
    const maker = makers.get(output);
    if (maker === undefined || output.kind !== "result" || !isFloat32(output)) continue;
    const [half] = isOp(maker, "cast") ? maker.operands : [];
    const isNamed = half === undefined || outputs.has(half) || renamed.has(half);
    if (half?.kind === "result" && half.type.dtype === "float16" && !isNamed) {
      const named = Object.freeze({ ...half, name: output.name });
      renamed.set(half, named);
      ends.set(output, named);
      if (uses.get(output)?.length)
        renamed.set(output, renamedTo(output, names.fresh(`${output.name}/float`)));
      else gone.add(maker);
      continue;
    }
    const exact = renamedTo(output, names.fresh(`${output.name}/float`));
    renamed.set(output, exact);
    const { op, result } = castOf(exact, "float16", output.name, maker.loc);
    added.push(op);
    ends.set(output, result);
  }
  const current = (value: Value): Value => renamed.get(value) ?? value;
  const kept = graph.ops.filter((op) => !gone.has(op)).map((op) => withValues(op, current));
  return freezeGraph({
    ...graph,
    ops: [...kept, ...added],
    outputs: graph.outputs.map((output) => ends.get(output) ?? current(output)),
  });
}

function isFloat32({ type }: Value): boolean {
  return type.dtype === "float32";
}

function inHalf(value: Value): Value {
  const type = tensorType(value.type.dims, "float16");
  if (value.kind === "parameter") return makeParameter(value.name, value.data, value.role, "float16");
  return Object.freeze({ ...value, type });
}

function renamedTo(result: Result, name: string): Result {
  return Object.freeze({ ...result, name });
}

interface CastTo {
  readonly op: Op;
  readonly result: Result;
}

function castOf(value: Value, to: "float16" | "float32", name: string, loc: Loc): CastTo {
  const type = tensorType(value.type.dims, to);
  const result: Result = Object.freeze({ kind: "result", name, type });
  const where = { ...loc, pass: "lower-precision" };
  const op = freezeOp({ kind: "cast", operands: [value], attributes: { to }, results: [result], loc: where });
  return { op, result };
}

function nodeOf({ name }: Value): Loc {
  return { scope: `/${name}` };
}

/** An op over other values, and with other names for its results. */
function withValues(op: Op, current: (value: Value) => Value): Op {
  const operands = op.operands.map(current);
  const results = op.results.map((result) => current(result) as Result);
  const isSame = (list: readonly Value[], was: readonly Value[]) => list.every((each, i) => each === was[i]);
  if (isSame(operands, op.operands) && isSame(results, op.results)) return op;
  return freezeOp({ ...op, operands, results } as Op);
}
