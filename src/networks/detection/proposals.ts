import type { Value } from "../../ir/graph.js";
import { constantWeight, storedWeight } from "../../ir/weight.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { withoutSmall } from "./boxes.js";
import { anchorCandidates, type LevelHeads, type Scoring } from "./candidates.js";
import { keptOf, rowsOf, scoresByGroup } from "./selection.js";

/** Which of the anchors become proposals. */
export interface ProposalLimits {
  /** The best of each map that are looked at. */
  readonly candidates: number;
  /** Non-maximum suppression among the boxes of one map: above this intersection over union, the box with the lower score is dropped. */
  readonly nmsThreshold: number;
  /** Proposals. */
  readonly count: number;
}

/** Boxes with a shorter side are no proposals. */
const LEAST_SIDE = 1e-3;
/** Every score is above it, and every lowered one below. */
const BELOW_SCORES = -0.5;

/**
 * The proposals of a region proposal network (Ren et al., Faster R-CNN, 2015), [R, 4], the best first. Where fewer are left than
 * are wanted, empty boxes fill them up, of which no detection can come. As torchvision's RegionProposalNetwork.filter_proposals.
 */
export function proposalsOf(
  layers: LayerBuilder,
  levels: readonly LevelHeads[],
  { candidates, nmsThreshold, count, ...how }: ProposalLimits & Scoring,
): Value {
  const {
    boxes,
    counts,
    scores: own,
  } = anchorCandidates(layers, levels, { ...how, most: candidates, clips: true }, "candidates");
  const all = counts.reduce((sum, each) => sum + each, 0);
  const scores = withoutSmall(layers, { boxes, scores: own }, LEAST_SIDE, "large");
  const members = layers.constant("levels", (label) => levelMembers(counts, label));
  const kept = keptOf(
    layers,
    {
      boxes: layers.op("unsqueeze", [boxes], { axes: [0] }, "image"),
      scores: scoresByGroup(layers, scores, members, "by_level"),
    },
    { overlap: nmsThreshold, least: BELOW_SCORES, count: "kept_proposals" },
    "kept",
  );
  const most = Math.min(count, all);
  const padding = layers.constant("padding", () => constantWeight([most, 4], 0));
  const padded = layers.op(
    "concat",
    [
      rowsOf(layers, scores, kept, "kept/scores"),
      layers.constant("padding/scores", () => constantWeight([most], -1)),
    ],
    { axis: 0 },
    "padded/scores",
  );
  const boxesAndPadding = layers.op(
    "concat",
    [rowsOf(layers, boxes, kept, "kept/boxes"), padding],
    { axis: 0 },
    "padded",
  );
  // As many as are wanted are always there.
  const k = layers.numbers("count", [most], "int64");
  const best = layers.op("top_k", [padded, k], { axis: 0 }, "best");
  return rowsOf(layers, boxesAndPadding, best, "proposals");
}

/** Which map each candidate is of: [levels, M]. */
function levelMembers(counts: readonly number[], label: string) {
  const total = counts.reduce((sum, each) => sum + each, 0);
  const numbers = new Float32Array(counts.length * total);
  let start = 0;
  for (const [level, count] of counts.entries()) {
    numbers.fill(1, level * total + start, level * total + start + count);
    start += count;
  }
  return storedWeight([counts.length, total], label, numbers);
}
