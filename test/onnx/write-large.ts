// Writes a model of as many million numbers as the second argument says to the file of the first, and prints the
// peak of the process's memory in MB.

import { writeModel } from "../../src/files/models/write.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Value } from "../../src/ir/graph.js";
import { tensorType } from "../../src/ir/types.js";
import { normalWeight } from "../../src/ir/weight.js";
import { encodeModel } from "../../src/onnx/encode/export.js";

const [file = "", millions = ""] = process.argv.slice(2);
const builder = new GraphBuilder("large");
let x: Value = builder.input("x", tensorType(["N", 1000]));
for (let i = 0; i < Number(millions); i++) {
  const name = `layers.${i}`;
  const weight = builder.parameterOf(name, normalWeight([1000, 1000], 0.1, name), "trainable");
  x = builder.op("gemm", [x, weight], {}, { scope: `/layers/${i}` });
}
await writeModel(file, encodeModel(builder.finish([x]), { producerVersion: "0" }), { seed: 0 });
process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
