import { Defect } from "../../base/diagnostic.js";
import type { Op, Result, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp, type RewriteContext } from "../../ir/rewrite.js";
import { costOf, use } from "./costs.js";
import type { GateSite } from "./site.js";
import { changeOf, type SiteChange } from "./strategy.js";
import { elementsOf } from "./units.js";

/**
 *     mean(W · y + b) = W · mean(y) + b
 *
 * The squeeze of a map that a 1×1 convolution computes is the same convolution of the squeezed map that it reads. That map has fewer channels
 * where a bottleneck widens.
 */
export const squeezedFirst = {
  changes(site: GateSite): ReadonlyMap<Result, SiteChange> {
    const { pool, maker } = site;
    return pool === undefined || maker === undefined ? new Map() : new Map([changeOf(pool, commuted)]);
  },
  /** Whether that is less work than to pool what the convolution computes. */
  pays(site: GateSite, threads: number): boolean {
    const { pool, maker, positions } = site;
    if (pool === undefined || maker === undefined) return false;
    const now = costOf([use("pool", elementsOf(site))], threads);
    const { inputs, outputs } = maker;
    const first = [use("pool", inputs * positions), use("weights", inputs * outputs)];
    return costOf(first, threads) < now;
  },
} as const;

function commuted(pool: Op, context: RewriteContext): Value {
  const [x] = pool.operands;
  const layer = x && context.producer(x);
  if (!isOp(layer, "conv")) throw new Defect("a squeezed map is not a convolution's");
  const { x: y, weight, bias } = operandsOf<"conv", Value>(layer);
  const squeezed = context.op("global_avg_pool", [y], {}, "first");
  return context.op("conv", [squeezed, weight, ...(bias === undefined ? [] : [bias])], layer.attributes);
}
