import type { ResolvedBlock } from "../../language/blocks/registry.js";
import type { AttentionPosition } from "../../language/positions.js";
import type { GateWords, ModuleParts } from "./network-parts.js";
import type { Literal } from "./python.js";

/** The words of a block's gates: of one its own, of a list those of each item, where None stands for one that is not there. */
export interface BlockGates {
  readonly gate: Literal | undefined;
  /** Undefined for one gate at the usual position, and for none. */
  readonly position: Literal | undefined;
}

/** The gates that stand below a scope of a block. @param usual where the class has a gate that says no position */
export function gatesBelow(
  scope: string,
  { gates }: Pick<ResolvedBlock, "gates">,
  { gateAt }: ModuleParts,
  usual: AttentionPosition,
): BlockGates {
  const found = gates.map(({ layer, position, residual }) => ({
    item: layer === "attention" ? undefined : Number(layer.split("/").at(-1)),
    position,
    gate: withResidual(gateAt(`${scope}/${layer}`), residual),
  }));
  const alone = found.find(({ item }) => item === undefined);
  if (alone !== undefined) {
    const { gate, position } = alone;
    return { gate, position: gate === undefined || position === usual ? undefined : position };
  }
  if (found.every(({ gate }) => gate === undefined)) return { gate: undefined, position: undefined };
  const count = 1 + Math.max(...found.map(({ item = 0 }) => item));
  const items = Array.from({ length: count }, (_, i) => found.find(({ item }) => item === i));
  return {
    gate: items.map((each) => each?.gate),
    position: items.map((each) => each?.position ?? usual),
  };
}

/** A removed gate leaves what is added to nothing but its own map. */
function withResidual(gate: GateWords | undefined, residual: boolean): GateWords | undefined {
  if (!residual) return gate;
  return { ...(gate ?? { type: "none" }), residual: true };
}
