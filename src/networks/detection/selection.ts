import type { Value } from "../../ir/graph.js";
import type { LayerBuilder } from "../blocks/layers.js";

/** Candidates: B times M boxes, of G groups that don't suppress one another. */
interface Candidates {
  /** [B, M, 4]. */
  readonly boxes: Value;
  /** [B, G, M]; those of other groups, and of what is no candidate, at `least` or below. */
  readonly scores: Value;
}

/** The indices of the candidates that are kept, counted through [B, M], in the order of no score: [n]. */
export function keptOf(
  layers: LayerBuilder,
  { boxes, scores }: Candidates,
  { overlap, least, count }: { readonly overlap: number; readonly least: number; readonly count: string },
  layer: string,
): Value {
  const most = Number(boxes.type.dims[1]);
  const rows = layers.op(
    "non_max_suppression",
    [boxes, scores],
    { most, overlap, least, count },
    `${layer}/nms`,
  );
  const column = (index: number, name: string): Value =>
    layers.op(
      "gather",
      [rows, layers.numbers(`${layer}/${name}`, index, "int64")],
      { axis: 1 },
      `${layer}/${name}`,
    );
  const box = column(2, "box");
  if (boxes.type.dims[0] === 1) return box;
  const width = layers.numbers(`${layer}/width`, most, "int64");
  const row = layers.op("mul", [column(0, "row"), width], {}, `${layer}/rows`);
  return layers.op("add", [row, box], {}, `${layer}/index`);
}

/** Rows of x, by their indices. */
export function rowsOf(layers: LayerBuilder, x: Value, indices: Value, layer: string): Value {
  return layers.op("gather", [x, indices], { axis: 0 }, layer);
}

/** The indices of the best scores [n], the best first: `most` of them, or all where there are fewer. */
export function bestOf(
  layers: LayerBuilder,
  scores: Value,
  { most, count }: { readonly most: number; readonly count: string },
  layer: string,
): Value {
  const [size] = scores.type.dims;
  if (typeof size === "number") {
    const k = layers.numbers(`${layer}/most`, [Math.min(most, size)], "int64");
    return layers.op("top_k", [scores, k], { axis: 0 }, `${layer}/best`);
  }
  const there = layers.op("shape", [scores], {}, `${layer}/there`);
  const k = layers.op("min", [there, layers.numbers(`${layer}/most`, [most], "int64")], {}, `${layer}/count`);
  return layers.op("top_k", [scores, k], { axis: 0, count }, `${layer}/best`);
}

/**
 * Scores [1, G, M] of candidates [M], each of one of G groups: its own score in its group, and -1 less than nothing in the others.
 * `members`: [G, M], 1 where a candidate is of a group and 0 elsewhere; scores are not negative.
 */
export function scoresByGroup(layers: LayerBuilder, scores: Value, members: Value, layer: string): Value {
  const own = layers.op("mul", [members, scores], {}, `${layer}/own`);
  const others = layers.op("sub", [members, layers.numbers(`${layer}/one`, 1)], {}, `${layer}/others`);
  const all = layers.op("add", [own, others], {}, `${layer}/all`);
  return layers.op("unsqueeze", [all], { axes: [0] }, `${layer}/scores`);
}
