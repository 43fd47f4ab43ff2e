import type { Op, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";

/** What a simplification may ask and do at one op. */
export interface SimplifyContext extends RewriteContext {
  /**
   * Whether one op reads a value, and no output is it: so the value is not missed where that op reads something else.
   * False where that is not known yet; the next round knows.
   */
  isReadOnce(value: Value): boolean;
  /** Whether somebody may see the sign of a zero of a result of the op that is looked at. */
  tellsZeros(result: Value): boolean;
  /** The ops that read a result of the op that is looked at, as they were before this round. */
  readersOf(result: Value): readonly Op[];
}

/** What an op is replaced by, a value of the same type that is the same number by number; or `undefined`. */
export type Simplification = (op: Op, context: SimplifyContext) => Value | undefined;
