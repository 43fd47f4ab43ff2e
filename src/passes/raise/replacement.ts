import { freezeOp } from "../../ir/builder.js";
import type { Loc, Op, Result, Value } from "../../ir/graph.js";
import { formatType, sameType, tensorType } from "../../ir/types.js";
import type { Anchor, Searched } from "./anchor.js";
import { mismatch } from "./mismatch.js";
import { type NewNames, scopeOfModule } from "./names.js";
import type { NormalForm } from "./normal/normal-form.js";
import { inverseOf } from "./normal/view.js";
import { raisedOp } from "./raised-op.js";
import { type Region, regionOf } from "./region.js";

/** What is put into a graph instead of the ops of a module. */
export interface Replacement extends Region {
  /** The module's op, one of the ops. */
  readonly gate: Op;
  /** The last of them computes the end. */
  readonly ops: readonly Op[];
}

/**
 * The module's op where the module stands. Where the graph has the map channels last, its axes are turned before it and turned back
 * after it:
 *
 *     transpose(attention(transpose(x)))
 *
 * Refuses a module whose parts something else reads too, and what the module's op refuses.
 */
export function replacementOf(anchor: Anchor, { flow, normal }: Searched, names: NewNames): Replacement {
  const { found, end, last, maps, around } = anchor;
  const parameters = found.module.parameters.map((each) => ({
    ...each,
    source: each.source && normal.parameter(each.source),
  }));
  const { region, isQuantized } = regionOf(anchor, parameters, flow);
  const loc = { ...last.loc, scope: scopeOfModule(found), pass: "raise-attention" };
  const ops: Op[] = [];
  const add = (op: Op): Value => {
    ops.push(op);
    return op.results[0] as Value;
  };
  const turned = (value: Value, permutation: readonly number[] | undefined, part: string): Value =>
    permutation === undefined
      ? value
      : add(transposed(value, permutation, names.fresh(`${value.name}/${part}`), loc));
  const [{ value: map, permutation }] = maps;
  const x = turned(map, permutation && inverseOf(permutation), "channels_first");
  const gate = raisedOp(
    { ...found.module, parameters },
    { x, name: anchor.name, last, loc, region },
    flow,
    names,
  );
  let value = add(gate);
  if (around !== undefined) value = add(againAround(around, anchor, { gated: value, x }, normal, names));
  turned(value, end.permutation, "channels_last");
  const finished = endingIn(end.value, ops);
  return {
    region,
    isQuantized,
    gate: finished.find(({ kind }) => kind === gate.kind) ?? gate,
    ops: finished,
  };
}

function transposed(x: Value, permutation: readonly number[], name: string, loc: Loc): Op {
  const type = tensorType(
    permutation.map((axis) => x.type.dims[axis] ?? 1),
    x.type.dtype,
  );
  return freezeOp({
    kind: "transpose",
    operands: [x],
    attributes: { permutation: [...permutation] },
    results: [Object.freeze({ kind: "result", name, type })],
    loc,
  });
}

/** An op of the normal form that reads a module's result, over the values of the graph. */
function againAround(
  op: Op,
  { found, end }: Anchor,
  { gated, x }: { readonly gated: Value; readonly x: Value },
  normal: NormalForm,
  names: NewNames,
): Op {
  const operands = op.operands.map((operand): Value => {
    if (operand === found.last.results[0]) return gated;
    if (operand === found.x) return x;
    if (operand.kind === "parameter") return normal.parameter(operand) ?? operand;
    const same = normal.sources(operand).find(({ permutation }) => permutation === undefined);
    return (
      same?.value ?? mismatch(found.last, "the file computes what is around it in another order of the axes")
    );
  });
  const type = tensorType(op.results[0]?.type.dims ?? [], gated.type.dtype);
  const result = Object.freeze({
    kind: "result" as const,
    name: names.fresh(`${end.value.name}/${op.kind}`),
    type,
  });
  return freezeOp({ ...op, operands, results: [result], loc: { ...op.loc, pass: "raise-attention" } } as Op);
}

/** The ops with a value of the graph as the result of the last of them. */
function endingIn(end: Result, ops: readonly Op[]): readonly Op[] {
  const last = ops.at(-1);
  const type = last?.results[0]?.type;
  if (last === undefined || type === undefined || !sameType(type, end.type)) {
    const given = type === undefined ? "nothing" : formatType(type);
    return mismatch(last as Op, `its result is ${formatType(end.type)}, the gate's ${given}`);
  }
  return [...ops.slice(0, -1), freezeOp({ ...last, results: [end] } as Op)];
}
