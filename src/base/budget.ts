import { InputError } from "./diagnostic.js";

/** What a choice between gates must keep to. */
export type Budget =
  /** The cosine between the outputs and the original's, at least. */
  | { readonly kind: "cosine"; readonly least: number }
  /** The gates' parameters, at most: as many, or as a part of what they are. */
  | { readonly kind: "parameters"; readonly most: number; readonly relative: boolean }
  /** What a program says of the model, at least: as a number, or as the original's less some. */
  | { readonly kind: "metric"; readonly least: number; readonly relative: boolean };

export const DEFAULT_BUDGET = "cosine=0.999";

const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?$/i;

/**
 * `cosine=0.999`; `parameters=20000`, `parameters=-80%`; `metric=95.5`, `metric=-0.4`.
 *
 * Errors: `InputError` for all else.
 */
export function parseBudget(text: string): Budget {
  const [kind, value = "", ...more] = text.split("=");
  const isPercent = value.endsWith("%");
  const written = isPercent ? value.slice(0, -1) : value;
  const number = NUMBER.test(written) ? Number(written) : Number.NaN;
  const isWhole = more.length === 0 && Number.isFinite(number);
  if (isWhole && kind === "cosine" && !isPercent && number > 0 && number <= 1) {
    return { kind, least: number };
  }
  if (isWhole && kind === "metric" && !isPercent) {
    return { kind, least: number, relative: written.startsWith("-") };
  }
  if (isWhole && kind === "parameters") {
    if (isPercent && number <= 0 && number >= -100) return { kind, most: 1 + number / 100, relative: true };
    if (!isPercent && Number.isInteger(number) && number >= 0) return { kind, most: number, relative: false };
  }
  throw InputError.of("rewrite/budget", `--budget ${text} is not a budget`, {
    hint: "cosine=0.999 of the outputs; parameters=-80% or parameters=20000 of the gates; metric=-0.4 or metric=95.5 of --metric",
  });
}
