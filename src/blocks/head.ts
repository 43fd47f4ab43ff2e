import type { Value } from "../ir/graph.js";
import { startAtZero, uniformByFan } from "../ir/initializers.js";
import type { ResolvedHead } from "../spec/resolved.js";
import type { LayerBuilder } from "./layers.js";

/** x → [1×1 conv, norm, activation] → mean over H and W → dropout → linear classifier: [N, classes]. */
export function buildHead(layers: LayerBuilder, x: Value, head: ResolvedHead): Value {
  const features =
    head.channels === undefined
      ? x
      : layers.convNormAct(x, "", { ...head, channels: head.channels, kernel: 1, stride: 1 });
  const pooled = layers.op("global_avg_pool", [features], {}, "pool");
  const flat = layers.op("flatten", [pooled], {}, "flatten");
  const dropped = head.dropout > 0 ? layers.op("dropout", [flat], { rate: head.dropout }, "dropout") : flat;
  const inputs = Number(flat.type.dims[1]);
  const weight = layers.parameter("classifier.weight", [head.classes, inputs], uniformByFan(head.classes));
  const bias = layers.parameter("classifier.bias", [head.classes], startAtZero);
  return layers.op("gemm", [dropped, weight, bias], {}, "classifier", "logits");
}
