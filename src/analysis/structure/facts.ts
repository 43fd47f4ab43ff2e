import type { Dim } from "../../ir/types.js";
import type { RecoveredBlock } from "./recovered-block.js";
import { strideOf } from "./stages.js";
import { isConv, type Unit, unitsOf } from "./units.js";

/** What a table says of a block. */
export interface BlockFacts {
  /** Channels that enter and leave; null where nobody knows. */
  readonly channels: readonly [inputs: Dim | null, outputs: Dim | null];
  /** The kernels of its convolutions but those of 1×1, as `3x3` or `3x3, 5x5`; `1x1` where it has no other. */
  readonly kernel: string;
  readonly stride: number;
  /** Height and width of what leaves it, as `56x56`; empty where it is no map. */
  readonly map: string;
}

export function factsOf({ units, from, to }: RecoveredBlock): BlockFacts {
  const kernels = [...new Set(units.flatMap(kernelsOf))];
  const wide = kernels.filter((kernel) => kernel !== "1x1");
  const [, , ...map] = to.type.dims;
  return {
    channels: [from.type.dims[1] ?? null, to.type.dims[1] ?? null],
    kernel: (wide.length > 0 ? wide : kernels).join(", "),
    stride: strideOf(units),
    map: map.join("x"),
  };
}

function kernelsOf({ core }: Unit): readonly string[] {
  if (core.kind === "residual") return unitsOf(core.branch).flatMap(kernelsOf);
  if (!isConv(core) && core.kind !== "branches") return [];
  return core.convs.map((conv) => (conv.operands[1]?.type.dims ?? []).slice(2).join("x"));
}
