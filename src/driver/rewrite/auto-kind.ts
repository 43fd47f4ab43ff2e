import { InputError } from "../../base/diagnostic.js";
import type { RewriteOptions } from "./report.js";

const AUTO = /^(.+)=auto$/;

/**
 * The kind of gate whose successors are chosen, of `--swap KIND=auto`; undefined without it.
 *
 * Errors: `InputError` beside another swap or start, and for a budget, metric or curve where nothing is chosen.
 */
export function autoKind({
  swaps = [],
  budget,
  metric,
  curve,
  newGates = "init",
  fitSteps = 0,
  calibrate,
}: RewriteOptions): string | undefined {
  const kind = swaps.map((swap) => AUTO.exec(swap)?.[1]).find((found) => found !== undefined);
  if (kind === undefined) {
    const [flag] = Object.entries({ budget, metric, curve }).find(([, value]) => value !== undefined) ?? [];
    if (flag === undefined) return undefined;
    throw InputError.of("rewrite/auto", `--${flag} is for gates that are chosen`, {
      hint: "--swap se=auto chooses",
    });
  }
  const problem =
    swaps.length > 1
      ? "chooses among all gates of a kind, and goes with no other --swap"
      : newGates === "neutral"
        ? "fits all gates, and goes with no other --new-gates"
        : fitSteps > 0
          ? "takes gates as each is fitted by itself, which its curve shows, and goes with no --fit-steps"
          : calibrate === undefined
            ? "needs inputs: it follows what the gates do with them"
            : undefined;
  if (problem === undefined) return kind;
  throw InputError.of("rewrite/auto", `--swap ${kind}=auto ${problem}`, {
    hint: "--swap se=auto --budget cosine=0.999 --calibrate IMAGES",
  });
}
