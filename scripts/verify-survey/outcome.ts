import type { VerifyReport } from "../../src/driver/verify/verify.js";
import type { Outcome } from "./cases.js";

/** Of what was not right, so many reasons are kept. */
const MOST_REASONS = 2;

/** A report in short. */
export function outcomeOf({ verdict, undecided, checks, comparisons }: VerifyReport): Outcome {
  const ratios = comparisons.flatMap(({ tolerance, float32Error }) =>
    float32Error > 0 && Number.isFinite(tolerance) ? [tolerance / float32Error] : [],
  );
  const wrong = [
    ...checks.flatMap(({ ok, name, detail }) => (ok ? [] : [`${name}: ${detail}`])),
    ...comparisons.flatMap((each) =>
      each.verdict === "wrong"
        ? [`${each.weights}, ${each.a} and ${each.b}, batch ${each.batch}, ${each.output}: ${each.why}`]
        : [],
    ),
  ];
  return {
    said: verdict,
    why: (verdict === "wrong" ? wrong : undecided).slice(0, MOST_REASONS),
    ratio: ratios.length === 0 ? null : Math.max(...ratios),
  };
}
