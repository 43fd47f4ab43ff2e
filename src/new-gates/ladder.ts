import type { AttentionOptions } from "../ir/attention/modules.js";
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
export type Configuration = readonly Choice[];

/**
 * Configurations of some gates, from the cheapest to that in which all stay: at each step the gate changes whose error falls most per
 * parameter. Of a gate's choices those are left out that have more error than one with as many parameters or fewer, and those that
 * a gate would only pass through, as the next one saves more per parameter (the lower convex hull).
 */
export function configurations(gates: readonly (readonly Choice[])[]): readonly Configuration[] {
  const hulls = gates.map(lowerHull);
  const at = hulls.map(() => 0);
  const current = (): Configuration => hulls.flatMap((hull, i) => hull[at[i] as number] ?? []);
  const path = [current()];
  for (;;) {
    const steps = hulls.flatMap((hull, i) => {
      const [here, next] = [hull[at[i] as number], hull[(at[i] as number) + 1]];
      return here === undefined || next === undefined ? [] : [{ i, gain: gainOf(here, next) }];
    });
    if (steps.length === 0) return path;
    const best = steps.reduce((a, b) => (b.gain > a.gain ? b : a));
    at[best.i] = (at[best.i] as number) + 1;
    path.push(current());
  }
}

/** How much less error a parameter more is worth. */
function gainOf(from: Choice, to: Choice): number {
  return (from.error - to.error) / Math.max(to.parameters - from.parameters, 1);
}

function lowerHull(choices: readonly Choice[]): readonly Choice[] {
  const sorted = [...choices].sort((a, b) => a.parameters - b.parameters || a.error - b.error);
  const hull: Choice[] = [];
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

/** The options of a rung as those of an attention module. */
export function optionsOf({ to }: Rung): AttentionOptions | undefined {
  return to as AttentionOptions | undefined;
}
