import type { Value } from "../../ir/graph.js";
import { storedWeight } from "../../ir/weight.js";
import type { ResolvedDetection } from "../../language/detection/resolved.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { cutOff } from "./boxes.js";
import { anchorCandidates, type LevelHeads, type Scoring } from "./candidates.js";
import { bestOf, keptOf, rowsOf, scoresByGroup } from "./selection.js";

/** Which of the candidates become detections. */
export interface DetectionLimits {
  /** Only candidates of a higher score are detections. */
  readonly scoreThreshold: number;
  /** Non-maximum suppression among the boxes of one class: above this intersection over union, the box with the lower score is dropped. */
  readonly nmsThreshold: number;
  /** Detections at most. */
  readonly detections: number;
}

/** What is found in one image, the best first: [D, 4], [D] and [D]. */
export interface Detections {
  readonly boxes: Value;
  readonly scores: Value;
  /** int64, the number of the class. */
  readonly labels: Value;
}

/** Boxes [M, 4] with a score each, [M]. */
interface ScoredBoxes {
  readonly boxes: Value;
  readonly scores: Value;
  /** The classes of some of them, by their indices. */
  readonly labelsOf: (indices: Value) => Value;
}

/** How a one-stage detector selects its detections: of so many candidates of each map. */
type OneStage = DetectionLimits & Scoring & Pick<ResolvedDetection, "candidates" | "clip">;

/** How many detections there are, and how many there would be without a limit: sizes that a run has. */
const DETECTIONS = "detections";
export const KEPT = "kept";

/**
 * The detections of a network whose heads say of each anchor what it is and where (Lin et al., RetinaNet, ICCV 2017, section 4):
 * the `candidates` best classes of anchors of each map, those above the score threshold, of overlapping boxes of a class the
 * best, and of all the best. As torchvision's postprocess_detections of RetinaNet and FCOS.
 */
export function oneStageDetections(
  layers: LayerBuilder,
  levels: readonly LevelHeads[],
  { candidates, clip, image, decoder, join, ...limits }: OneStage,
): Detections {
  const clips = clip === "before-nms";
  const how = { most: candidates, clips, image, decoder, join };
  const { scores, labels, boxes, classes } = anchorCandidates(layers, levels, how, "candidates");
  const identity = layers.constant("classes", (label) => identityMatrix(classes, label));
  const members = layers.op("gather", [identity, labels], { axis: 1 }, "members");
  const kept = keptOf(
    layers,
    {
      boxes: layers.op("unsqueeze", [boxes], { axes: [0] }, "image"),
      scores: scoresByGroup(layers, scores, members, "by_class"),
    },
    { overlap: limits.nmsThreshold, least: limits.scoreThreshold, count: KEPT },
    "kept",
  );
  const best = bestDetections(
    layers,
    { boxes, scores, labelsOf: (chosen) => rowsOf(layers, labels, chosen, "labels") },
    kept,
    limits.detections,
  );
  return clips ? best : { ...best, boxes: cutOff(layers, best.boxes, image, "clipped") };
}

/** The best of the candidates that are kept. */
export function bestDetections(
  layers: LayerBuilder,
  { boxes, scores, labelsOf }: ScoredBoxes,
  kept: Value,
  most: number,
): Detections {
  const keptScores = rowsOf(layers, scores, kept, "kept/scores");
  const best = bestOf(layers, keptScores, { most, count: DETECTIONS }, "kept");
  const chosen = rowsOf(layers, kept, best, "chosen");
  return {
    boxes: rowsOf(layers, boxes, chosen, "boxes"),
    scores: rowsOf(layers, keptScores, best, "best/scores"),
    labels: labelsOf(chosen),
  };
}

function identityMatrix(size: number, label: string) {
  const numbers = Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
  return storedWeight([size, size], label, numbers);
}
