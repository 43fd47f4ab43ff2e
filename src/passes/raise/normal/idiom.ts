import type { Op, Value } from "../../../ir/graph.js";
import type { AttributesInput, OpName } from "../../../ir/ops/registry.js";
import type { RewriteContext } from "../../../ir/rewrite.js";
import type { Producers } from "../dataflow.js";

/** What an idiom may ask for and make. All values are those of the normal form. */
export interface IdiomContext extends Producers, Pick<RewriteContext, "parameterOf"> {
  /** An op, in its normal form: what one idiom makes is another one's to read. */
  op<N extends OpName>(kind: N, operands: readonly Value[], attributes: AttributesInput<N>): Value;
  /** A value with its axes turned: the same one whenever it is asked for. */
  turned(value: Value, permutation: readonly number[]): Value;
  /** An op over other operands. */
  again(op: Op, operands: readonly Value[]): Value;
}

/**
 * One way to spell something that the normal form spells otherwise: what stands for the result of an op there, or undefined
 * where the op is no such thing. The op's operands are normal already. What it makes must compute what the op does, up to
 * rounding, for all inputs.
 */
export type Idiom = (op: Op, context: IdiomContext) => Value | undefined;
