import type { Graph, Result } from "../../ir/graph.js";
import { costOf } from "./costs.js";
import { folded } from "./folded.js";
import { plain } from "./plain.js";
import { sameShape } from "./same-shape.js";
import { type GateSite, gateSites } from "./site.js";
import { squeezedFirst } from "./squeeze-first.js";
import type { SiteChange, Strategy } from "./strategy.js";

/** Every strategy by its name. A new one is its file and a line here. */
export const strategies = { plain, "same-shape": sameShape, folded } as const satisfies {
  readonly [N in string]: Strategy<N>;
};

export type StrategyName = keyof typeof strategies;

export const STRATEGY_NAMES = Object.keys(strategies) as readonly StrategyName[];

/** What decides on a strategy. */
export interface PlanOptions {
  /** Threads that the model will run with. */
  readonly threads: number;
  /** Version of the ONNX operator set that the network is written for. */
  readonly opset: number;
  /** One strategy for every gate that can have it; `auto` takes the cheapest of each. */
  readonly strategy: StrategyName | "auto";
}

/** A strategy at one site: its time by the cost model, or why the site can't have it. */
export interface Candidate {
  readonly name: StrategyName;
  /** µs for one image. */
  readonly microseconds?: number;
  readonly refusal?: string;
}

/** What was decided for a site. */
export interface PlannedSite {
  readonly site: GateSite;
  readonly chosen: StrategyName;
  /** Whether the gate is squeezed before the convolution that makes its map. */
  readonly squeezesFirst: boolean;
  readonly candidates: readonly Candidate[];
}

/** Decides on a strategy for each gate's product, by the cost model. */
export function planSites(graph: Graph, { threads, opset, strategy }: PlanOptions): readonly PlannedSite[] {
  return gateSites(graph).map((site) => {
    const candidates = STRATEGY_NAMES.map((name): Candidate => {
      const refusal = strategies[name].refuses(site, opset);
      return refusal === undefined
        ? { name, microseconds: costOf(strategies[name].kernels(site), threads) }
        : { name, refusal };
    });
    const possible = candidates.filter(({ name, refusal }) => {
      return refusal === undefined && (strategy === "auto" || name === strategy);
    });
    const [best] = possible.toSorted((a, b) => (a.microseconds ?? 0) - (b.microseconds ?? 0));
    const chosen = best?.name ?? "plain";
    return {
      ...{ site, chosen, candidates },
      squeezesFirst: chosen !== "folded" && strategy === "auto" && squeezedFirst.pays(site, threads),
    };
  });
}

/** What becomes of ops by that decision, by their results. */
export function changesOf(plan: readonly PlannedSite[]): ReadonlyMap<Result, SiteChange> {
  return new Map(
    plan.flatMap(({ site, chosen, squeezesFirst }) => [
      ...strategies[chosen].changes(site),
      ...(squeezesFirst ? squeezedFirst.changes(site) : []),
    ]),
  );
}
