import type { Value } from "../ir/graph.js";
import type { AttributesOf, OperandsOf, OpName, PrimitiveOpName } from "../ir/ops/registry.js";
import type { ValueMath } from "./value-math.js";

/** An op on the way back from a graph's outputs. */
export interface Backward<N extends OpName> {
  /** The op's operands by name. */
  readonly operands: OperandsOf<N, Value>;
  readonly attributes: Readonly<AttributesOf<N>>;
  /** Its result. */
  readonly y: Value;
  /** The derivatives of what is differentiated by each element of the result; of the result's sizes. */
  readonly dy: Value;
  readonly math: ValueMath;
  /**
   * Says the derivatives by each element of an operand. They are made only where something that is differentiated by leads to the operand, and
   * may have the sizes that the operand is broadcast to, or such as are broadcast to its own.
   */
  give(operand: Value | undefined, derivatives: () => Value): void;
  /** Says that there are none by an operand, should any be needed: why, in words. */
  refuse(operand: Value | undefined, reason: string): void;
}

/** How the derivatives by an op's operands follow from those by its result. */
export type GradientRule<N extends OpName> = (step: Backward<N>) => void;

/** The rules of some ops, by their names. */
export type GradientRules = { readonly [N in PrimitiveOpName]?: GradientRule<N> };

/** An op without a rule. */
export interface NoRule {
  /** Why, in words. */
  readonly none: string;
}

/** An op whose result changes in steps or not at all: derivatives by its operands are 0. */
export const flat: GradientRule<OpName> = () => undefined;
