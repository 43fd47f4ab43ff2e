import { InputError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import {
  type FitTogether,
  fittedTogether,
  NoDerivatives,
  type OpenGradients,
  type Together,
} from "./fit-together.js";
import type { GateNumbers } from "./fits/fit.js";
import type { PlannedGate } from "./planned-gate.js";

/** What `--json` says of how gates were fitted together. */
export type TogetherReport =
  | (Pick<Together, "steps" | "imagesPerStep"> & {
      /** The relative error of the outputs with separately fitted gates, and after fitting them together. */
      readonly before: number;
      readonly after: number;
      /** Whether the network uses the result: only if it is closer. */
      readonly kept: boolean;
    })
  | {
      readonly steps: 0;
      /** Why they were not. */
      readonly reason: string;
    };

/** How gates are fitted together. */
export interface TogetherOptions {
  readonly open: OpenGradients;
  /** How often all numbers move; undefined for as often as is usual. */
  readonly steps: number | undefined;
  readonly onStep: (part: number) => void;
  /** Why they don't unless the user says how often, in words. */
  readonly unasked?: string | undefined;
}

const NONE_HELD_OUT = "there are too few images to hold one out, which would show whether it helps";

/** New gates that were fitted each by itself. */
interface SingleFits {
  readonly swapped: Graph;
  readonly planned: readonly PlannedGate[];
  readonly single: readonly GateNumbers[];
  /** How far the outputs are off with other numbers in the gates. */
  errorOf(numbers: readonly GateNumbers[]): Promise<number>;
}

/** Gates that were fitted by themselves, fitted together where that is possible and brings the outputs nearer. */
export async function jointFit(
  { swapped, planned, single, errorOf }: SingleFits,
  {
    unasked,
    hasHeldOut,
    ...options
  }: FitTogether & Pick<TogetherOptions, "unasked"> & { readonly hasHeldOut: boolean },
): Promise<{ readonly numbers: readonly GateNumbers[]; readonly report: TogetherReport }> {
  const { steps } = options;
  const usual = unasked ?? (hasHeldOut ? undefined : NONE_HELD_OUT);
  const reason = steps === 0 ? "--fit-steps 0" : steps === undefined ? usual : undefined;
  if (reason !== undefined) return { numbers: single, report: { steps: 0, reason } };
  try {
    const found = await fittedTogether(swapped, planned, single, options);
    const [before, after] = [await errorOf(single), await errorOf(found.numbers)];
    const kept = after < before;
    const { imagesPerStep } = found;
    return {
      numbers: kept ? found.numbers : single,
      report: { steps: found.steps, imagesPerStep, before, after, kept },
    };
  } catch (error) {
    if (!(error instanceof NoDerivatives)) throw error;
    if (steps !== undefined) throw notTogether(error.message);
    return { numbers: single, report: { steps: 0, reason: error.message } };
  }
}

function notTogether(reason: string): InputError {
  return InputError.of("new-gates/together", `--fit-steps: the gates can't be fitted together: ${reason}`, {
    hint: "without --fit-steps each is fitted by itself",
  });
}
