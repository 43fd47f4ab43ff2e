import { packageVersion } from "../files/package.js";
import type { Graph } from "../ir/graph.js";
import type { ImageRuns } from "../new-gates/gate-responses.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import { encodeModel } from "../onnx/encode/export.js";
import { runPasses } from "../passes/engine/manager.js";
import { exportPipeline } from "../passes/export-pipeline.js";
import type { Runtime } from "../runtime/session.js";
import type { Calibration } from "./calibration.js";

/** Makes the bytes of a model of a graph at model level. */
export type EncodeGraph = (graph: Graph, seed: number) => Uint8Array;

/** As a model that is nothing but the graph. */
export function encodeAnew(graph: Graph, seed: number): Uint8Array {
  const lowered = runPasses(graph, exportPipeline({})).graph;
  return modelBytes(encodeModel(lowered, { producerVersion: packageVersion() }), { seed });
}

/**
 * Runs graphs at model level on the images of a calibration, by ONNX Runtime on the CPU: the outputs in the order of the
 * graph's, the images one by one, so that memory stays that of one.
 */
export function imageRuns(
  runtime: Runtime,
  { images, image }: Calibration,
  seed: number,
  encode: EncodeGraph = encodeAnew,
): ImageRuns {
  return {
    images,
    async run(graph, onImage) {
      const session = await runtime.open(encode(graph, seed));
      try {
        for (let index = 0; index < images; index++) {
          const outputs = await session.run(image(index));
          onImage(
            session.outputNames.map((name) => outputs.get(name)?.data ?? []),
            index,
          );
        }
      } finally {
        await session.close();
      }
    },
  };
}
