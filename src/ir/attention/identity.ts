import { activations } from "../activations.js";
import type { RowGate } from "./row-gate.js";

/** A start at which a gate multiplies x by one number, whatever x is, and from which it can be trained. */
export interface ConstantStart {
  /** That number, above 0. */
  readonly factor: number;
  /** The parameters that start at zero, by their planned names: the last layer's, whose gradient is not zero at once. */
  readonly zero: readonly string[];
  /**
   * Weights before a ReLU that start in pairs of opposite signs, as many as there are: one unit of each pair lets something
   * through, whatever enters. Units that are silent for every input would never move.
   */
  readonly paired?: readonly string[] | undefined;
}

/** A start that is the identity but for a factor, or why a gate has none. */
export type IdentityStart = ConstantStart | { readonly reason: string };

/** The start of gates whose last layer is zero: the value of their function at 0, of several the product. */
export function startOfGates(
  gate: RowGate,
  start: Omit<ConstantStart, "factor">,
  { channels = 1, gates = 1 }: { readonly channels?: number; readonly gates?: number } = {},
): IdentityStart {
  // A softmax over equal scores shares 1 between the channels.
  const value = gate === "softmax" ? 1 / channels : activations[gate].apply(0);
  if (value > 0) return { factor: value ** gates, ...start };
  return { reason: `its function, ${gate}, is ${value} at 0: x would be lost` };
}
