import { GraphBuilder } from "../src/ir/builder.js";
import type { Value } from "../src/ir/graph.js";
import { tensorType } from "../src/ir/types.js";
import { constantWeight } from "../src/ir/weight.js";
import { modelBytes } from "../src/onnx/encode/bytes.js";
import { encodeModel } from "../src/onnx/encode/export.js";

const CHANNELS = 8;
const NODES_OF_BLOCK = 9;

/** The ONNX file of a chain of residual blocks, each with an SE gate, of about so many nodes. */
export function gatedChain(nodes: number): Uint8Array {
  const builder = new GraphBuilder("chain");
  let x: Value = builder.input("x", tensorType(["N", CHANNELS, 4, 4]));
  for (let i = 0; i < nodes / NODES_OF_BLOCK; i++) {
    const loc = { scope: `/blocks/${i}` };
    const conv = (input: Value, name: string, dims: readonly number[]): Value => {
      const weight = constantWeight([...dims, 1, 1], 0.1);
      return builder.op("conv", [input, builder.parameterOf(`${name}.${i}`, weight, "trainable")], {}, loc);
    };
    const map = conv(x, "conv", [CHANNELS, CHANNELS]);
    const squeezed = conv(builder.op("global_avg_pool", [map], {}, loc), "reduce", [2, CHANNELS]);
    const excited = conv(builder.op("relu", [squeezed], {}, loc), "expand", [CHANNELS, 2]);
    const gated = builder.op("mul", [map, builder.op("sigmoid", [excited], {}, loc)], {}, loc);
    x = builder.op("add", [x, builder.op("relu", [gated], {}, loc)], {}, loc);
  }
  return modelBytes(encodeModel(builder.finish([x]), { producerVersion: "0" }), { seed: 0 });
}
