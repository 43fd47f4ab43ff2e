import type { Op } from "../../ir/graph.js";
import { ecaFitter } from "./eca.js";
import { factorFitter } from "./factor.js";
import type { GateFit, GateFitter } from "./fit.js";
import { seFitter } from "./se.js";

/** What can be fitted. A new one is its file and a line here. */
const FITTERS: readonly GateFitter[] = [ecaFitter, seFitter, factorFitter];

/** The fit of a gate's numbers; undefined for a gate that has no start but `init`. */
export function fitOf(op: Op): GateFit | undefined {
  for (const fitter of FITTERS) {
    const fit = fitter(op);
    if (fit !== undefined) return fit;
  }
  return undefined;
}
