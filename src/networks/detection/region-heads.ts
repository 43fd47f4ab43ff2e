import type { Value } from "../../ir/graph.js";
import { initializations } from "../../ir/initializers.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import type { LayerDefaults } from "../../language/resolved-part.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { type BoxScale, cutOff, movedBoxes, withoutSmall } from "./boxes.js";
import { bestDetections, type DetectionLimits, type Detections, KEPT } from "./one-stage.js";
import { keptOf } from "./selection.js";

type Start = Pick<LayerDefaults, "initialization">;

/** What the box head says of regions [R]. The class 0 is none. */
export interface BoxLogits {
  /** [R, classes]. */
  readonly classes: Value;
  /** [R, 4 · classes]: for each class how the region moves. */
  readonly boxes: Value;
}

/** Regions are moved by a tenth and a fifth of what the layer says, which torchvision writes as weights 10, 10, 5, 5. */
const SCALE: BoxScale = { centre: 0.1, sides: 0.2 };
/** Detections have no shorter side. */
const LEAST_SIDE = 1e-2;
/** What a lowered score is below. */
const LEAST_SCORE = 0;

/** x [R, inputs] → [R, outputs], with a bias; named `layer`. */
function dense(
  layers: LayerBuilder,
  x: Value,
  outputs: number,
  layer: string,
  { initialization }: Start,
): Value {
  const inputs = Number(x.type.dims[1]);
  const init = initializations[initialization].classifier(inputs, outputs);
  const weight = layers.parameter(`${layer}/weight`, [outputs, inputs], init.weight);
  const bias = layers.parameter(`${layer}/bias`, [outputs], init.bias);
  return layers.op("gemm", [x, weight, bias], {}, layer);
}

/** 3×3 convolutions with ReLU, and with batch normalisations or biases. */
interface Convolutions extends Pick<LayerDefaults, "initialization" | "norm"> {
  readonly channels: readonly number[];
  readonly normalized: boolean;
}

function convolved(
  layers: LayerBuilder,
  regions: Value,
  { channels, normalized, ...start }: Convolutions,
): Value {
  return channels.reduce((x, outputs, i) => {
    const conv = { ...start, channels: outputs, kernel: 3, stride: 1, padding: "symmetric" } as const;
    const y = normalized ? layers.convNorm(x, `${i}`, conv) : layers.conv(x, `${i}`, conv, { bias: true });
    return layers.op("relu", [y], {}, `${i}/act`);
  }, regions);
}

/** Regions [R, C, S, S] → convolutions, if any → dense layers with ReLU → classes and boxes (Girshick, Fast R-CNN, ICCV 2015, section 2). */
export function buildBoxHead(
  layers: LayerBuilder,
  regions: Value,
  {
    hidden,
    classes,
    ...start
  }: Convolutions & { readonly hidden: readonly number[]; readonly classes: number },
): BoxLogits {
  let x: Value = layers.op("flatten", [convolved(layers, regions, start)], {}, "flatten");
  hidden.forEach((outputs, i) => {
    x = layers.op("relu", [dense(layers, x, outputs, `dense/${i}`, start)], {}, `dense/${i}/act`);
  });
  return {
    classes: dense(layers, x, classes, "classes", start),
    boxes: dense(layers, x, 4 * classes, "boxes", start),
  };
}

/** The detections of regions [R, 4], as torchvision's RoIHeads.postprocess_detections. */
export function regionDetections(
  layers: LayerBuilder,
  regions: Value,
  logits: BoxLogits,
  { scoreThreshold, nmsThreshold, detections, image }: DetectionLimits & { readonly image: Sides },
): Detections {
  const [count = 0, all = 0] = logits.classes.type.dims.map(Number);
  const classes = all - 1;
  const shares = layers.op("softmax", [logits.classes], { axis: 1 }, "shares");
  const things = layers.op("slice", [shares], { axis: 1, start: 1, end: all }, "things");
  const scores = layers.op("transpose", [things], { permutation: [1, 0] }, "scores");
  const steps = layers.op("reshape", [logits.boxes], { shape: [-1, all, 4] }, "steps/rows");
  const byClass = layers.op("transpose", [steps], { permutation: [1, 0, 2] }, "steps/by_class");
  const ofThings = layers.op("slice", [byClass], { axis: 0, start: 1, end: all }, "steps");
  const from = layers.op("unsqueeze", [regions], { axes: [0] }, "regions");
  const moved = movedBoxes(layers, { boxes: from, steps: ofThings }, SCALE, "moved");
  const boxes = cutOff(layers, moved, image, "moved");
  const large = withoutSmall(layers, { boxes, scores }, LEAST_SIDE, "large");
  const kept = keptOf(
    layers,
    { boxes, scores: layers.op("unsqueeze", [large], { axes: [1] }, "large/by_class") },
    { overlap: nmsThreshold, least: Math.max(scoreThreshold, LEAST_SCORE), count: KEPT },
    "kept",
  );
  const flat = {
    boxes: layers.op("reshape", [boxes], { shape: [classes * count, 4] }, "flat/boxes"),
    scores: layers.op("reshape", [large], { shape: [classes * count] }, "flat/scores"),
    labelsOf: (chosen: Value): Value => {
      const row = layers.op("div", [chosen, layers.numbers("count", count, "int64")], {}, "class");
      return layers.op("add", [row, layers.numbers("first", 1, "int64")], {}, "labels");
    },
  };
  return bestDetections(layers, flat, kept, detections);
}

/**
 * Regions [R, C, S, S] → 3×3 convolutions with ReLU → twice as high and wide → a mask of each class, [R, classes, 2S, 2S]
 * (He et al., Mask R-CNN, ICCV 2017, figure 4, right).
 */
export function buildMaskHead(
  layers: LayerBuilder,
  regions: Value,
  { hidden, classes, ...start }: Convolutions & { readonly hidden: number; readonly classes: number },
): Value {
  const { initialization } = start;
  const conv = { stride: 1, padding: "symmetric", initialization } as const;
  const x = convolved(layers, regions, start);
  const inputs = Number(x.type.dims[1]);
  const init = initializations[initialization];
  const weight = layers.parameter("upsample/weight", [inputs, hidden, 2, 2], init.conv(1));
  const bias = layers.parameter("upsample/bias", [hidden], init.convBias(inputs));
  const larger = layers.op("conv_transpose", [x, weight, bias], { strides: [2, 2] }, "upsample");
  const activated = layers.op("relu", [larger], {}, "upsample/act");
  return layers.conv(activated, "masks", { ...conv, channels: classes, kernel: 1 }, { bias: true });
}

/**
 * Regions [R, C, S, S] → 3×3 convolutions with ReLU → four times as high and wide → a logit of each place for each key point,
 * [R, count, 4S, 4S] (He et al., Mask R-CNN, ICCV 2017, section 5), as torchvision's KeypointRCNNHeads and KeypointRCNNPredictor.
 */
export function buildKeypointHead(
  layers: LayerBuilder,
  regions: Value,
  { count, ...start }: Convolutions & { readonly count: number },
): Value {
  const x = convolved(layers, regions, start);
  const inputs = Number(x.type.dims[1]);
  const init = initializations[start.initialization];
  const weight = layers.parameter("upsample/weight", [inputs, count, 4, 4], init.conv(1));
  const bias = layers.parameter("upsample/bias", [count], init.convBias(inputs));
  const larger = layers.op(
    "conv_transpose",
    [x, weight, bias],
    { strides: [2, 2], pads: [1, 1, 1, 1] },
    "upsample",
  );
  return layers.op(
    "resize",
    [larger],
    { scales: [1, 1, 2, 2], mode: "linear", coordinates: "half_pixel" },
    "logits",
  );
}

/** Of each detection the mask of its class, [D, 1, 2S, 2S], from 0 to 1 for each pixel of a grid over its box. */
export function masksOf(layers: LayerBuilder, logits: Value, labels: Value): Value {
  const shares = layers.op("sigmoid", [logits], {}, "shares");
  const index = layers.op("unsqueeze", [labels], { axes: [1] }, "classes");
  const own = layers.op("gather_nd", [shares, index], { batch: 1 }, "own");
  return layers.op("unsqueeze", [own], { axes: [1] }, "masks/own");
}
