import type { Atom } from "../../analysis/structure/atoms.js";
import { isConv, type Unit } from "../../analysis/structure/units.js";
import type { ActivationName } from "../../ir/activations.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import type { Op, OpOf } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { readActivation } from "../../passes/raise/activation.js";
import type { Dataflow } from "../../passes/raise/dataflow.js";
import { Mismatch } from "../../passes/raise/mismatch.js";
import { unknown } from "./unknown-structure.js";

/** The only convolution of a layer. */
export function convOf({ core }: Unit): OpOf<"conv"> {
  const [conv, another] = isConv(core) ? core.convs : [];
  if (conv === undefined) return unknown("a layer has no convolution");
  return another === undefined ? conv : unknown("convolutions stand side by side");
}

/** Side of a square kernel. */
export function sideOf(conv: OpOf<"conv">): number {
  const [, , height, width] = operandsOf(conv).weight.type.dims;
  if (height !== width) unknown(`a kernel of ${height}x${width} is not square`);
  return Number(height);
}

/** Output channels. */
export function widthOf(conv: OpOf<"conv">): number {
  return Number(operandsOf(conv).weight.type.dims[0]);
}

/** The stride, which must be the same in both directions. */
export function strideOfConv({ attributes: { strides } }: OpOf<"conv">): number {
  const [height, width] = strides;
  return height === width ? height : unknown(`strides of ${height} and ${width} differ`);
}

/** The activation that an atom is; undefined for every other atom. */
export function activationOf(atom: Atom, flow: Dataflow): ActivationName | undefined {
  if (atom.kind !== "activation") return undefined;
  try {
    return readActivation(atom.to, flow)?.name ?? unknown("an activation has no name in specs");
  } catch (error) {
    if (error instanceof Mismatch) return unknown(`an activation is not known: ${error.message}`);
    throw error;
  }
}

/** A gate that stands among other ops. `residual`: whether its map is added to its result. */
export interface StandingGate {
  readonly op: Op;
  readonly residual: boolean;
}

/** The gates among some atoms. */
export function gateOps(atoms: readonly Atom[]): readonly StandingGate[] {
  return atoms.flatMap(({ kind, ops }): StandingGate[] => {
    if (kind !== "gate") return [];
    const op = ops.find((op) => attentionKindOf(op.kind) !== undefined);
    if (op === undefined) return unknown("a gate is of no kind that is known");
    return [{ op, residual: ops.some((each) => isOp(each, "add")) }];
  });
}
