import type { Value } from "../../ir/graph.js";
import { initializations } from "../../ir/initializers.js";
import { LOGITS, type ResolvedHead } from "../../language/resolved.js";
import type { LayerBuilder } from "./layers.js";

/**
 * x → [norm, activation →] [1×1 conv, norm, activation →] mean over H and W → dropout → linear classifier:
 * [N, classes].
 *
 * With `poolFirst` x → mean → [1×1 conv with bias, activation →] dropout → classifier (MobileNetV3, ICCV 2019,
 * section 5.1: the last stage works on one pixel).
 */
export function buildHead(layers: LayerBuilder, x: Value, head: ResolvedHead): Value {
  const entered = head.preactivation ? layers.normAct(x, "", head) : x;
  const pool = (map: Value): Value => layers.op("global_avg_pool", [map], {}, "pool");
  const features = head.poolFirst
    ? convolve(layers, pool(entered), head)
    : pool(convolve(layers, entered, head));
  const flat = layers.op("flatten", [features], {}, "flatten");
  const dropped = head.dropout > 0 ? layers.op("dropout", [flat], { rate: head.dropout }, "dropout") : flat;
  const inputs = Number(flat.type.dims[1]);
  const init = initializations[head.initialization].classifier(inputs, head.classes);
  const weight = layers.parameter("classifier.weight", [head.classes, inputs], init.weight);
  const bias = layers.parameter("classifier.bias", [head.classes], init.bias);
  return layers.op("gemm", [dropped, weight, bias], {}, "classifier", LOGITS);
}

/** The head's 1×1 convolution with what follows it; x where there is none. */
function convolve(layers: LayerBuilder, x: Value, head: ResolvedHead): Value {
  const { channels, bias } = head;
  if (channels === undefined) return x;
  // Both normalisations of a preactivation head with a convolution need names of their own.
  const layer = head.preactivation ? "features" : "";
  const conv = { ...head, channels, kernel: 1, stride: 1 };
  if (!head.poolFirst) return layers.convNormAct(x, layer, conv);
  const y = layers.conv(x, layer, conv, { bias });
  return layers.op(head.activation, [y], {}, layer === "" ? "act" : `${layer}/act`);
}
