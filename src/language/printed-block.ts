import type { AttentionOptions } from "../ir/attention/modules.js";
import type { ResolvedBlock } from "./blocks/registry.js";
import type { AttentionPosition } from "./positions.js";

/** A block whose gates stand in keys of their own: one of each, or a list for a block of several gates. */
export type PrintedBlock = Omit<ResolvedBlock, "gates"> & {
  readonly attention?: AttentionOptions | readonly AttentionOptions[];
  readonly attentionPosition?: AttentionPosition | readonly AttentionPosition[];
  /** Where one of them is: whether what is gated is added to the result. */
  readonly attentionResidual?: boolean | readonly boolean[];
};

export function printedBlock({ gates, ...block }: ResolvedBlock): PrintedBlock {
  const [gate] = gates;
  if (gate === undefined) return block;
  const oneOrAll = <T>(values: readonly T[]): T | readonly T[] =>
    gates.length === 1 && gate.layer === "attention" ? (values[0] as T) : values;
  const residuals = gates.map(({ residual }) => residual);
  return {
    ...block,
    attention: oneOrAll(gates.map(({ options }) => options)),
    attentionPosition: oneOrAll(gates.map(({ position }) => position)),
    ...(residuals.includes(true) ? { attentionResidual: oneOrAll(residuals) } : {}),
  };
}
