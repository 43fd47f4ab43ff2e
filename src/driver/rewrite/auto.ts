import { DEFAULT_BUDGET } from "../../base/budget.js";
import { newGatesOf } from "../../new-gates/start.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { startRuntime } from "../../runtime/session.js";
import { withCalibration } from "../../trials/calibration.js";
import { type ChosenGates, chooseGates } from "../../trials/choose-gates.js";
import { metricOf } from "../../trials/metric.js";
import { type EncodeGraph, imageRuns } from "../../trials/run-graph.js";
import type { RewriteTask } from "./encode.js";
import { leadingTidy, planRewrite } from "./plan.js";
import { swapInvocations } from "./swaps.js";

/**
 * Chooses what stands instead of each gate of a kind.
 *
 * @param others the passes besides the swaps: the first of them may show gates that are out of sight
 */
export async function chooseSwaps(
  kind: string,
  others: readonly PassInvocation[],
  { imported, options, calibration }: RewriteTask,
  encode: EncodeGraph,
): Promise<ChosenGates> {
  if (calibration === undefined) throw new RangeError("a choice without inputs");
  const { budget = DEFAULT_BUDGET, metric, seed = 0, onProgress } = options;
  const asked = [...leadingTidy(others), ...swapInvocations([`${kind}=eca`], false)];
  const { before, after } = planRewrite(imported, asked);
  const gates = newGatesOf(before, after).map((pair) => pair.before);
  return await withCalibration(calibration, before, seed, async (images) => {
    const runtime = await startRuntime();
    try {
      const runs = imageRuns(runtime, images, seed, encode);
      return await chooseGates(before, gates, runs, {
        ...{ budget, seed, onProgress },
        metric: metric === undefined ? undefined : (graph) => metricOf(metric, encode(graph, seed)),
      });
    } finally {
      runtime.close();
    }
  });
}
