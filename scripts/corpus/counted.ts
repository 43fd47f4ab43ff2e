/** The totals that ecagen prints. */
export interface Counted {
  readonly parameters: number;
  readonly buffers?: number;
  readonly macs: number;
  readonly productMacs?: number;
  readonly uncounted?: readonly { readonly operator: string; readonly nodes: number }[];
}
