import type { Check, Verdict } from "../../runtime/compare.js";
import type { BlockComparison, Comparison } from "./report.js";

/** What a run of `verify` found, in a word. */
export interface Concluded {
  readonly verdict: Verdict;
  /** Why it is undecided. */
  readonly undecided: readonly string[];
}

/**
 * Wrong where anything is. Right where each output of each model is right with some of the weights: that
 * it is the same for every input with others says nothing about the model. Undecided otherwise.
 */
export function conclude(
  comparisons: readonly Comparison[],
  blocks: readonly BlockComparison[],
  checks: readonly Check[],
): Concluded {
  const wrong =
    [...comparisons, ...blocks].some(({ verdict }) => verdict === "wrong") ||
    checks.some(({ ok, undecided = false }) => !ok && !undecided);
  if (wrong) return { verdict: "wrong", undecided: [] };
  const reasons = [
    ...(comparisons.length === 0 ? ["nothing was compared"] : []),
    ...weakOutputs(comparisons),
    ...checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
  ];
  return { verdict: reasons.length === 0 ? "right" : "undecided", undecided: reasons };
}

/** The comparisons, of which whole numbers that are the same for every input, as a count of boxes, are right where another shows something. */
export function withConstants(comparisons: readonly Comparison[]): readonly Comparison[] {
  if (!comparisons.some(({ ok }) => ok)) return comparisons;
  return comparisons.map((each) => {
    if (each.constant !== true) return each;
    const { why: _, ...rest } = each;
    return { ...rest, verdict: "right", ok: true };
  });
}

/** Why an output is right with no weights, for each such of each model. */
function weakOutputs(comparisons: readonly Comparison[]): readonly string[] {
  const keyOf = ({ a, b, output }: Comparison): string => JSON.stringify([a, b, output]);
  const strong = new Set(comparisons.filter(({ verdict }) => verdict === "right").map(keyOf));
  const weak = comparisons.filter((each) => !strong.has(keyOf(each)));
  return [...new Set(weak.map(({ output, b, weights, why }) => `${output} of ${b} with ${weights}: ${why}`))];
}
