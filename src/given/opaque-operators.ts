import type { ForeignNode } from "../onnx/decode/opaque-node.js";

/** The nodes of a file that no op of the IR can say, of one operator. */
export interface OpaqueOperator {
  readonly operator: string;
  /** Empty for ONNX's own. */
  readonly domain: string;
  readonly count: number;
  /** Why the first of them is opaque. */
  readonly reason: string;
}

/** The operators of opaque nodes, those with the most nodes first. */
export function opaqueOperators(foreign: readonly ForeignNode[]): readonly OpaqueOperator[] {
  const found = new Map<string, { operator: string; domain: string; count: number; reason: string }>();
  for (const { operator, domain, reason } of foreign) {
    const key = JSON.stringify([domain, operator]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { operator, domain, count: 1, reason });
    else known.count++;
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1));
}
