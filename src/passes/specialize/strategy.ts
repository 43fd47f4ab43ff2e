import { Defect } from "../../base/diagnostic.js";
import type { Op, Result, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import type { KernelUse } from "./costs.js";
import type { GateSite } from "./site.js";

/** What becomes of an op of a site. The operands of `op` are those of the new graph. */
export type SiteChange = (op: Op, context: RewriteContext) => Value;

/** A form of a gate's product that computes the same numbers, up to rounding. */
export interface Strategy<N extends string = string> {
  readonly name: N;
  /** The equation that it rests on, in one line. */
  readonly doc: string;
  /** Why a site of a network for an operator set can't have this form; undefined if it can. */
  refuses(site: GateSite, opset: number): string | undefined;
  /** What a runtime on the CPU runs for the product and for the layers beside it that some form changes, for one image. */
  kernels(site: GateSite): readonly KernelUse[];
  /** What it makes of ops of the site, each by its result. */
  changes(site: GateSite): ReadonlyMap<Result, SiteChange>;
}

/** A change of an op, by its result. */
export function changeOf(op: Op, change: SiteChange): [Result, SiteChange] {
  const [result] = op.results;
  if (result === undefined) throw new Defect(`${op.kind} has no result`);
  return [result, change];
}

/** The map and the gate of the product in the new graph. */
export function sidesOf(
  { product: before, x }: GateSite,
  product: Op,
): Readonly<Record<"x" | "gate", Value>> {
  const at = before.operands.indexOf(x);
  const [map, gate] = [product.operands[at], product.operands[1 - at]];
  if (map === undefined || gate === undefined) throw new Defect("a product has two operands");
  return { x: map, gate };
}
