import { packageVersion } from "../files/package.js";
import type { Graph } from "../ir/graph.js";
import type { ImageRuns } from "../new-gates/gate-responses.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import { encodeModel } from "../onnx/encode/export.js";
import { runPasses } from "../passes/engine/manager.js";
import { exportPipeline } from "../passes/export-pipeline.js";
import type { NumberTensor, Runtime } from "../runtime/session.js";
import { type Calibration, runFeed } from "./calibration.js";

/** Makes the bytes of a model of a graph at model level. */
export type EncodeGraph = (graph: Graph, seed: number) => Uint8Array;

/** As a model that is nothing but the graph. */
export function encodeAnew(graph: Graph, seed: number): Uint8Array {
  const lowered = runPasses(graph, exportPipeline({})).graph;
  return modelBytes(encodeModel(lowered, { producerVersion: packageVersion() }), { seed });
}

/**
 * Runs graphs at model level on the images of a calibration, by ONNX Runtime on the CPU: the outputs in the order of the
 * graph's, the images one by one, or in the batch that a network is made for, so that memory stays that of one run.
 */
export function imageRuns(
  runtime: Runtime,
  calibration: Calibration,
  seed: number,
  encode: EncodeGraph = encodeAnew,
): ImageRuns {
  const { images, batch } = calibration;
  return {
    images,
    async run(graph, onImage, chosen) {
      const isChosen = chosen === undefined ? () => true : (image: number) => chosen.includes(image);
      const session = await runtime.open(encode(graph, seed));
      try {
        for (let first = 0; first < images; first += batch) {
          const count = Math.min(batch, images - first);
          if (!Array.from({ length: count }, (_, i) => first + i).some(isChosen)) continue;
          const outputs = await runFeed(session, calibration, first);
          // The images after the last fill up a batch.
          for (let i = 0; i < count; i++) {
            if (!isChosen(first + i)) continue;
            onImage(
              session.outputNames.map((name) => partOf(outputs.get(name)?.data, i, batch)),
              first + i,
            );
          }
        }
      } finally {
        await session.close();
      }
    },
  };
}

/** What an output has for one image of a batch. */
function partOf(data: NumberTensor["data"] | undefined, index: number, batch: number): ArrayLike<number> {
  const size = (data?.length ?? 0) / batch;
  return data?.subarray(index * size, (index + 1) * size) ?? [];
}
