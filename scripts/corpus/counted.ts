/** The totals that ecagen prints. */
export interface Counted {
  readonly parameters: number;
  readonly buffers?: number;
  readonly macs: number;
  readonly productMacs?: number;
  readonly uncounted?: readonly { readonly operator: string; readonly nodes: number }[];
}

/** How two facts differ, as text; undefined where they don't. */
export function differenceOf(what: string, ours: unknown, theirs: unknown): string | undefined {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return a === b ? undefined : `${what}: ${a} by ecagen, ${b} by the check`;
}
