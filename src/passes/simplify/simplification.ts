import type { Op, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";

/**
 * What takes the place of an op, or `undefined`. `producer` finds the op that computed a value; of a value that this
 * round has made it knows nothing, so the next round looks again.
 */
export type Simplification = (
  op: Op,
  context: RewriteContext,
  producer: (value: Value) => Op | undefined,
) => Value | undefined;
