import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { passesOfSugar } from "../../passes/engine/pipeline.js";

/**
 * The passes of `--swap`: `se=eca`, `any={type=eca,k=3}`, or `se=none`, which removes the gates.
 *
 * @param keepsMeans whether the mean of what a removed gate did is to stay, as a factor for each channel
 *
 * Errors: `InputError` for every one that is no such pair, and for unknown kinds.
 */
export function swapInvocations(swaps: readonly string[], keepsMeans: boolean): readonly PassInvocation[] {
  const problems: Diagnostic[] = [];
  const invocations = swaps.flatMap((swap) => {
    const at = swap.indexOf("=");
    const [from, to] = [swap.slice(0, at), swap.slice(at + 1)];
    if (at < 1 || to === "") {
      const message = `--swap ${swap} must be two kinds of gate, OLD=NEW`;
      problems.push({ code: "rewrite/swap", message, hint: "--swap se=eca; se=none removes the gates" });
      return [];
    }
    const text =
      to === "none"
        ? `remove-attention{kind=${from}${keepsMeans ? ",factor=true" : ""}}`
        : `swap-attention{from=${from},to=${to}}`;
    try {
      return passesOfSugar(`--swap ${swap}`, text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.diagnostics);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return invocations;
}
