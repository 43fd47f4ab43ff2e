import { judge, type Tolerance } from "../../runtime/compare.js";
import type { Session } from "../../runtime/session.js";
import { randomInputs } from "../../trials/numbers.js";
import type { Interface } from "../../trials/outputs.js";
import { unstableSelection } from "../../trials/unstable-numbers.js";
import type { MeasuredOutputs } from "./measured.js";
import type { Comparison } from "./report.js";
import type { Round } from "./round.js";

/**
 * Takes back that an output is wrong where a near-tie may have decided it: a network that selects boxes by their scores selects others when its
 * inputs are moved by some roundings, and then nothing can be told of it.
 */
export function reconsidering(
  { selects }: Round,
  session: Session | undefined,
  { inputs }: Interface,
  { errors }: MeasuredOutputs,
  tolerance: Tolerance,
): (comparison: Comparison) => Promise<Comparison> {
  return async (comparison) => {
    const { verdict, output, batch, seed, why } = comparison;
    const error = errors(batch).get(output);
    if (verdict !== "wrong" || session === undefined || error === undefined) return comparison;
    if (!selects) return comparison;
    const unstable = await unstableSelection(
      session,
      randomInputs(inputs, batch, seed),
      output,
      tolerance.precision,
      (exact, moved) => judge(exact, moved, error, tolerance).verdict === "wrong",
    );
    return unstable === undefined
      ? comparison
      : { ...comparison, verdict: "undecided", ok: false, why: `${why}: ${unstable}` };
  };
}
