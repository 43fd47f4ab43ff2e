import { forEachOrAllErrors, InputError } from "../../base/diagnostic.js";
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
  return forEachOrAllErrors(swaps, (swap) => {
    const at = swap.indexOf("=");
    const [from, to] = [swap.slice(0, at), swap.slice(at + 1)];
    if (at < 1 || to === "") {
      throw InputError.of("rewrite/swap", `--swap ${swap} must be two kinds of gate, OLD=NEW`, {
        hint: "--swap se=eca; se=none removes the gates",
      });
    }
    const text =
      to === "none"
        ? `remove-attention{kind=${from}${keepsMeans ? ",factor=true" : ""}}`
        : `swap-attention{from=${from},to=${to}}`;
    return passesOfSugar(`--swap ${swap}`, text);
  }).flat();
}
