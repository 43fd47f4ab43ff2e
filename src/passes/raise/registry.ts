import type { Op } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import { findByLowering } from "./by-lowering/find.js";
import { findCbam } from "./cbam.js";
import { findAddedContext, findChannelGate } from "./channel-gate.js";
import type { Dataflow } from "./dataflow.js";
import type { FoundModule } from "./raised.js";
import { findScse } from "./scse.js";

/**
 * Finds a module whose last op is the given one; undefined where the op is no such thing. What comes near one and is
 * none ends in a `Mismatch`.
 */
export type Finder = (op: Op, flow: Dataflow) => FoundModule | undefined;

/** What is looked for at an op, by its kind; the first that is found holds. */
export const finders: { readonly [K in OpName]?: readonly Finder[] } = {
  add: [findScse, findAddedContext, findByLowering],
  mul: [findCbam, findChannelGate, findByLowering],
};
