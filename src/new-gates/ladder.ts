import type { Op } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";

/** What may stand instead of a gate. */
export interface Rung {
  /** `removed`, `eca`, `se 4`: what tables call it. */
  readonly name: string;
  /** Undefined where the gate is removed, and its mean factors stay. */
  readonly to: Readonly<Record<string, unknown>> | undefined;
}

const WIDTHS = [1, 2, 4, 8, 16] as const;

const WIDE_KERNEL = 9;

/**
 * From the cheapest to the dearest: removed, ECA with k by rule, with a bias, and wide, and SE of few hidden units with the functions
 * of the old gate. The last, the gate as it is, is none of them.
 */
export function ladderOf(op: Op): readonly Rung[] {
  const functions = isOp(op, "attention.se")
    ? { activation: op.attributes.hidden, gate: op.attributes.gate }
    : {};
  const squeezed = isOp(op, "attention.se") ? op.operands[1]?.type.dims[0] : undefined;
  const widths = WIDTHS.filter((width) => typeof squeezed !== "number" || width < squeezed);
  return [
    { name: "removed", to: undefined },
    { name: "eca", to: { type: "eca" } },
    { name: "eca with bias", to: { type: "eca", bias: true } },
    { name: `eca of ${WIDE_KERNEL} with bias`, to: { type: "eca", kernel: WIDE_KERNEL, bias: true } },
    ...widths.map((channels) => ({ name: `se ${channels}`, to: { type: "se", channels, ...functions } })),
  ];
}

/** A rung that a gate could take, and what it would cost. */
export interface Choice {
  readonly rung: string;
  readonly parameters: number;
  /** An estimate of the squared error that it makes of the outputs. 0 for the gate as it is. */
  readonly error: number;
}

/** One choice for each gate, by its index. */
export type Configuration<C extends Choice = Choice> = readonly C[];

/**
 * Configurations of some gates, from the cheapest to that in which all stay: at each step the gate changes whose error falls most per
 * parameter. Of a gate's choices those are left out that have more error than one with as many parameters or fewer, and those that
 * a gate would only pass through, as the next one saves more per parameter (the lower convex hull).
 */
export function configurations<C extends Choice>(
  gates: readonly (readonly C[])[],
): readonly Configuration<C>[] {
  return climbed(gates, Number.POSITIVE_INFINITY);
}

/**
 * The last configuration on the same way that has no more parameters than `most`, and what is left of them given to gates whose next
 * step fits; undefined where even the cheapest has more.
 */
export function configurationWithin<C extends Choice>(
  gates: readonly (readonly C[])[],
  most: number,
): Configuration<C> | undefined {
  const last = climbed(gates, most).at(-1);
  return last !== undefined && parametersOf(last) <= most ? last : undefined;
}

export function parametersOf(configuration: Configuration): number {
  return configuration.reduce((sum, { parameters }) => sum + parameters, 0);
}

/** Configurations from the cheapest on, each a step of one gate further, as long as a step fits. */
function climbed<C extends Choice>(
  gates: readonly (readonly C[])[],
  most: number,
): readonly Configuration<C>[] {
  const hulls = gates.map((choices) => lowerHull(choices));
  const at = hulls.map(() => 0);
  const current = (): Configuration<C> => hulls.flatMap((hull, i) => hull[at[i] as number] ?? []);
  const path = [current()];
  let left = most - parametersOf(current());
  for (;;) {
    const steps = hulls.flatMap((hull, i) => {
      const [here, next] = [hull[at[i] as number], hull[(at[i] as number) + 1]];
      if (here === undefined || next === undefined) return [];
      const cost = next.parameters - here.parameters;
      return cost <= left ? [{ i, cost, gain: gainOf(here, next) }] : [];
    });
    if (steps.length === 0) return path;
    const best = steps.reduce((a, b) => (b.gain > a.gain ? b : a));
    at[best.i] = (at[best.i] as number) + 1;
    left -= best.cost;
    path.push(current());
  }
}

/** How much less error a parameter more is worth. */
function gainOf(from: Choice, to: Choice): number {
  return (from.error - to.error) / Math.max(to.parameters - from.parameters, 1);
}

function lowerHull<C extends Choice>(choices: readonly C[]): readonly C[] {
  const sorted = [...choices].sort((a, b) => a.parameters - b.parameters || a.error - b.error);
  const hull: C[] = [];
  for (const choice of sorted) {
    const last = hull.at(-1);
    if (last !== undefined && choice.error >= last.error) continue;
    while (hull.length > 1) {
      const [before, top] = [hull.at(-2), hull.at(-1)];
      if (before === undefined || top === undefined || gainOf(before, top) > gainOf(top, choice)) break;
      hull.pop();
    }
    hull.push(choice);
  }
  return hull;
}
