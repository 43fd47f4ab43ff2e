import type { Op } from "../../ir/graph.js";

/** Why ops that look like an attention module are none that is known, and the op that decides it. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";

  constructor(
    readonly op: Op,
    message: string,
  ) {
    super(message);
  }
}

export function mismatch(op: Op, reason: string): never {
  throw new Mismatch(op, reason);
}

/** What `read` gives; undefined where it ends in a mismatch that need not be told. */
export function unlessMismatch<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

/** An op as a reason names it: `conv /layer1/layer1.0/se/fc1`. */
export function nameOf(op: Op): string {
  return `${op.kind} ${op.results[0]?.name ?? op.loc.scope}`;
}
