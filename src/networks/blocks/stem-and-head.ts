import type { Value } from "../../ir/graph.js";
import { initializations } from "../../ir/initializers.js";
import { LOGITS, type ResolvedHead, type ResolvedStem } from "../../language/resolved.js";
import type { LayerBuilder } from "./layers.js";

/** What the stem makes of an image. */
interface StemMaps {
  /** After the convolutions. */
  readonly convolved: Value;
  /** After the pooling too; the same where there is none. */
  readonly result: Value;
}

/**
 * x → [conv, norm, activation, ... →] conv [, norm, activation] [→ max pool]. The first convolution has the stride.
 *
 * One 7×7 and a pool: ResNet (CVPR 2016), table 1. Three 3×3 instead of the 7×7: the deep stem of ResNet-D (He et al.,
 * Bag of Tricks, CVPR 2019, section 4.1). A strided conv, norm, activation instead of the pool: ResNet-RS (Bello et
 * al., NeurIPS 2021, section 4).
 */
export function buildStem(layers: LayerBuilder, x: Value, stem: ResolvedStem): StemMaps {
  let y = x;
  stem.deep.forEach((channels, i) => {
    y = layers.convNormAct(y, `deep/${i}`, { ...stem, channels, stride: i === 0 ? stem.stride : 1 });
  });
  const last = { ...stem, stride: stem.deep.length === 0 ? stem.stride : 1 };
  const convolved = stem.normalized ? layers.convNormAct(y, "", last) : layers.conv(y, "", last);
  const { pool } = stem;
  if (pool === undefined) return { convolved, result: convolved };
  const result =
    pool.type === "conv"
      ? layers.convNormAct(convolved, "pool", { ...stem, ...pool })
      : layers.maxPool(convolved, "pool", pool);
  return { convolved, result };
}

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
