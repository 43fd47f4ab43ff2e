import { type Evaluator, filled, type NodeTensor } from "./node.js";

// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html

interface Box {
  readonly index: number;
  readonly score: number;
  readonly low: readonly [y: number, x: number];
  readonly high: readonly [y: number, x: number];
}

/** Of each class of each image the boxes with the best scores, without those that overlap a better one too much. */
const nonMaxSuppression: Evaluator = (node) => {
  const [boxes, scores] = [node.input(0), node.input(1)];
  const most = node.optional(2)?.data[0] ?? 0;
  const overlap = node.optional(3)?.data[0] ?? 0;
  const least = node.optional(4)?.data[0] ?? Number.NEGATIVE_INFINITY;
  const isCentred = node.number("center_point_box", 0) === 1;
  const [images = 0, classes = 0, count = 0] = scores.dims;
  const selected: number[][] = [];
  for (let image = 0; image < images; image++) {
    for (let of = 0; of < classes; of++) {
      const candidates = Array.from({ length: count }, (_, i) => {
        const score = scores.data[(image * classes + of) * count + i] ?? 0;
        return boxAt(boxes, image * count + i, i, score, isCentred);
      })
        .filter(({ score }) => score > least)
        .sort((a, b) => b.score - a.score || a.index - b.index);
      const kept: Box[] = [];
      for (const box of candidates) {
        if (kept.length >= most) break;
        if (kept.every((other) => unionShare(box, other) <= overlap)) kept.push(box);
      }
      for (const { index } of kept) selected.push([image, of, index]);
    }
  }
  return [filled([selected.length, 3], ([row = 0, column = 0]) => selected[row]?.[column] ?? 0)];
};

function boxAt({ data }: NodeTensor, at: number, index: number, score: number, isCentred: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = data.subarray(4 * at, 4 * at + 4);
  if (isCentred) return { index, score, low: [b - d / 2, a - c / 2], high: [b + d / 2, a + c / 2] };
  return { index, score, low: [Math.min(a, c), Math.min(b, d)], high: [Math.max(a, c), Math.max(b, d)] };
}

/** The area that two boxes share, as a part of what they cover together. */
function unionShare(a: Box, b: Box): number {
  const side = (axis: 0 | 1): number =>
    Math.max(0, Math.min(a.high[axis], b.high[axis]) - Math.max(a.low[axis], b.low[axis]));
  const area = ({ low, high }: Box): number => (high[0] - low[0]) * (high[1] - low[1]);
  const shared = side(0) * side(1);
  const together = area(a) + area(b) - shared;
  return together > 0 ? shared / together : 0;
}

export const boxOperators: Readonly<Record<string, Evaluator>> = { NonMaxSuppression: nonMaxSuppression };
