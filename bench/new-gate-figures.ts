import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Likeness, likeness } from "../src/base/distance.js";
import { specNetwork } from "../src/given/spec-file.js";
import { withOpenWeights } from "../src/given/weights.js";
import type { Graph } from "../src/ir/graph.js";
import { imageOf } from "../src/language/input.js";
import { observeGates } from "../src/new-gates/gate-responses.js";
import type { StartedGates } from "../src/new-gates/start.js";
import { startRuntime } from "../src/runtime/session.js";
import { withCalibration } from "../src/trials/calibration.js";
import { startNewGates } from "../src/trials/new-gates.js";
import { imageRuns } from "../src/trials/run-graph.js";
import { calibrationOf, npyBytes, structuredImages } from "./structured-images.js";

/** Networks of the tests whose weights, random as they are, make their SE gates matter: the rows of the table in docs/weights.md. */
export const FIGURED = ["effnet_se", "mobilenetv3_se", "resnet_basic_se"] as const;

export const FIGURE_IMAGES = 64;

/** The columns of the table: `fit` whose gates are fitted each by itself, and `fit` as it is. */
export const FIGURED_STARTS = ["init", "neutral", "each by itself", "fit"] as const;

/** How far a network's outputs move when SE becomes ECA, for each way to start. */
export interface NewGateFigures {
  /** On the images that the gates were started by. */
  readonly calibrated: readonly Likeness[];
  /** On as many other images. */
  readonly others: readonly Likeness[];
}

export async function newGateFigures(name: (typeof FIGURED)[number]): Promise<NewGateFigures> {
  const file = `test/data/fixtures/${name}`;
  const folder = mkdtempSync(join(tmpdir(), "ecagen-figures-"));
  try {
    return await withOpenWeights({ weights: `${file}.safetensors` }, async (given) => {
      const network = specNetwork(`${file}.json`, { given, passes: "swap-attention{to=eca}" });
      const { original, graph, spec } = network;
      if (original === undefined) throw new Error(`${name} has no swap`);
      const [calibrate, others] = [0, 1].map((seed) => {
        const path = join(folder, `${seed}.npy`);
        writeFileSync(
          path,
          npyBytes(structuredImages(FIGURE_IMAGES, imageOf(spec.resolved.input).height, seed)),
        );
        return path;
      }) as [string, string];
      const calibration = calibrationOf(calibrate, original);
      const fitted = (fitSteps: number | undefined): Promise<StartedGates> =>
        startNewGates(original, graph, { newGates: "fit", fitSteps, calibration }, 0);
      const [single, together] = [await fitted(0), await fitted(undefined)];
      const starts = [
        [single, "init"],
        [single, "neutral"],
        [single, "fit"],
        [together, "fit"],
      ] as const;
      const runtime = await startRuntime();
      const outputs = (each: Graph): Promise<Float64Array> =>
        withCalibration(calibrationOf(others, original), original, 0, async (images) => {
          const { outputs } = await observeGates(imageRuns(runtime, images, 0), each, []);
          return Float64Array.from(outputs.flatMap((image) => Array.from(image)));
        });
      try {
        const expected = await outputs(original);
        const elsewhere: Likeness[] = [];
        for (const [{ graphs }, start] of starts) {
          elsewhere.push(likeness(expected, await outputs(graphs[start])));
        }
        return {
          calibrated: starts.map(([{ report }, start]) => report.output[start]),
          others: elsewhere,
        };
      } finally {
        runtime.close();
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
