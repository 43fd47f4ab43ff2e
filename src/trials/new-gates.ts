import { InputError } from "../base/diagnostic.js";
import type { CalibrateOptions, CalibrationSource } from "../given/calibration.js";
import type { Graph } from "../ir/graph.js";
import type { GateNumbers } from "../new-gates/fits/fit.js";
import { isFactor } from "../new-gates/is-factor.js";
import { newGatesOf, type StartedGates, startGates } from "../new-gates/start.js";
import type { NewGateStart } from "../new-gates/starts.js";
import { withoutFactors } from "../passes/absorb-factors.js";
import { startRuntime } from "../runtime/session.js";
import { withCalibration } from "./calibration.js";
import { gradientRuns } from "./gradient-runs.js";
import { type EncodeGraph, imageRuns } from "./run-graph.js";

export interface NewGatesOptions extends CalibrateOptions {
  /** How swapped gates start, given the inputs of `calibrate`. Default: `init`. */
  readonly newGates?: NewGateStart | undefined;
  /** Number of steps in which all fitted gates are trained together; 0: none. Default: the usual number, for pictures and arrays. */
  readonly fitSteps?: number | undefined;
}

/** How gates start, and the inputs that it is chosen by and that all starts are compared with. */
interface StartOptions extends Pick<NewGatesOptions, "newGates" | "fitSteps"> {
  readonly calibration: CalibrationSource | undefined;
  /** Numbers of new gates by scope, as of `ChosenGates`; left out, they are fitted in the order of data alone. */
  readonly numbers?: ReadonlyMap<string, GateNumbers> | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/**
 * Gives the gates of a network that a swap made their first numbers, as `startGates` does. ONNX Runtime runs the network
 * before the swap, and the one after it for each way to start, so that they can be compared.
 *
 * @param original the network before the swap, with its weights; undefined where nothing was swapped
 * @param swapped what passes made of it
 * @param encode makes models of them; left out, models that are nothing but the graphs
 *
 * Errors: `InputError` where no gate is new, without inputs for a start that needs some, and for inputs that don't fit.
 */
export async function startNewGates(
  original: Graph | undefined,
  swapped: Graph,
  { newGates: start = "init", fitSteps, calibration: source, numbers, onProgress }: StartOptions,
  seed: number,
  encode?: EncodeGraph,
): Promise<StartedGates> {
  if (original === undefined || newGatesOf(original, swapped).length === 0) throw noNewGate();
  if (source === undefined) throw noInputs(start);
  return await withCalibration(source, original, seed, async (calibration) => {
    const runtime = await startRuntime();
    try {
      const runs = imageRuns(runtime, calibration, seed, encode);
      const started = await startGates(
        { original, swapped },
        start,
        { from: calibration.from, ...runs },
        seed,
        {
          open: gradientRuns(runtime, calibration, seed),
          steps: fitSteps,
          onStep: (part) => onProgress?.("fitting the gates together", part),
          unasked:
            numbers !== undefined ? CHOSEN : calibration.fileOf(0) === undefined ? BY_RANDOM : undefined,
        },
        numbers,
      );
      return { ...started, graph: withoutFactors(started.graph, isFactor) };
    } finally {
      runtime.close();
    }
  });
}

/** The curve shows networks whose gates are fitted so, and the budget was met by one of them. */
const CHOSEN = "so it was when they were chosen";
/** What outputs are in noise says little of what they are on pictures; what a gate gives depends on less. */
const BY_RANDOM = "the inputs are random ones";

function noNewGate(): InputError {
  return InputError.of("new-gates/none", "no gate is new: no pass swapped one", {
    hint: "a swap makes new gates, as --passes 'swap-attention{to=eca}'; gates whose weights are given are not new",
  });
}

function noInputs(start: NewGateStart): InputError {
  return InputError.of(
    "new-gates/no-inputs",
    `--new-gates ${start} needs inputs: it follows what the old gates do with them`,
    { hint: "--calibrate X.npy, a folder of such or of pictures, or random:16" },
  );
}
