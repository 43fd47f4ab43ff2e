import * as z from "zod";
import { primitiveOp } from "../op.js";
import { elements, floats, integers } from "../operands.js";
import { elementAt, nchw, runningSum, type Tensor, zeros } from "../tensor.js";
import { type Dim, formatType, mapChannels, refuse, tensorType } from "../types.js";
import { indexFrom } from "./axes.js";
import { found } from "./selections.js";

/** What is kept of overlapping boxes. */
export interface Suppression {
  /** Boxes of each class of each image that are kept at most. */
  readonly most: number;
  /** The share of what two boxes cover together above which the one of lower score goes. */
  readonly overlap: number;
  /** Only boxes of a higher score are looked at; left out, all. */
  readonly least?: number | undefined;
  /** Whether boxes are [x, y, width, height] of their centres, else two opposite corners. */
  readonly centred: boolean;
}

type Corner = readonly [number, number];

interface Box {
  readonly index: number;
  readonly score: number;
  readonly area: number;
  readonly low: Corner;
  readonly high: Corner;
}

function boxAt({ data }: Tensor, at: number, index: number, score: number, centred: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = data.subarray(4 * at, 4 * at + 4);
  const [low, high]: readonly [Corner, Corner] = centred
    ? [
        [b - d / 2, a - c / 2],
        [b + d / 2, a + c / 2],
      ]
    : [
        [Math.min(a, c), Math.min(b, d)],
        [Math.max(a, c), Math.max(b, d)],
      ];
  return { index, score, low, high, area: (high[0] - low[0]) * (high[1] - low[1]) };
}

/** The area that two boxes share, as a part of what they cover together. */
function sharedPart(a: Box, b: Box): number {
  const rows = Math.min(a.high[0], b.high[0]) - Math.max(a.low[0], b.low[0]);
  if (rows <= 0) return 0;
  const columns = Math.min(a.high[1], b.high[1]) - Math.max(a.low[1], b.low[1]);
  if (columns <= 0) return 0;
  const together = a.area + b.area - rows * columns;
  return together > 0 ? (rows * columns) / together : 0;
}

/** Rows of image, class and box: of each class of each image the boxes of the best scores, without those that overlap a better one too much. */
export function suppressed(
  boxes: Tensor,
  scores: Tensor,
  { most, overlap, least = Number.NEGATIVE_INFINITY, centred }: Suppression,
): Tensor {
  const [images = 0, classes = 0, count = 0] = scores.dims;
  const rows: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let of = 0; of < classes; of++) {
      const candidates = Array.from({ length: count }, (_, i) => {
        const score = elementAt(scores.data, (image * classes + of) * count + i);
        return boxAt(boxes, image * count + i, i, score, centred);
      })
        .filter(({ score }) => score > least)
        .sort((a, b) => b.score - a.score || a.index - b.index);
      const kept: Box[] = [];
      for (const box of candidates) {
        if (kept.length >= most) break;
        if (kept.every((other) => sharedPart(box, other) <= overlap)) kept.push(box);
      }
      for (const { index } of kept) rows.push(image, of, index);
    }
  }
  return { dims: [rows.length / 3, 3], data: Float64Array.from(rows) };
}

const alignment = () =>
  z.strictObject({
    height: z.int().min(1),
    width: z.int().min(1),
    /** Positions along each side of a cell; 0: as many as the region has pixels in one, rounded up. */
    samples: z.int().min(0).default(0),
    /** Pixels of the map for one of the regions' coordinates. */
    scale: z.number().positive().default(1),
    /** Whether half a pixel is taken off the coordinates; without it a region is at least one pixel high and wide. */
    aligned: z.boolean().default(true),
  });

type Alignment = z.output<ReturnType<typeof alignment>>;

/** One axis of a region: where it begins on the map, how long one cell is, and how many positions of one are looked at. */
interface RegionAxis {
  readonly start: number;
  readonly cell: number;
  readonly samples: number;
}

function regionAxis(
  low: number,
  high: number,
  cells: number,
  { samples, scale, aligned }: Alignment,
): RegionAxis {
  const shift = aligned ? 0.5 : 0;
  const [start, end] = [low * scale - shift, high * scale - shift];
  const length = aligned ? end - start : Math.max(end - start, 1);
  const cell = length / cells;
  return { start, cell, samples: samples > 0 ? samples : Math.ceil(cell) };
}

/** The two pixels around a position with their shares; none where it lies more than a pixel outside. */
function around(position: number, size: number): readonly (readonly [pixel: number, share: number])[] {
  if (position < -1 || position > size) return [];
  const inside = Math.max(position, 0);
  const low = Math.floor(inside);
  if (low >= size - 1) return [[size - 1, 1]];
  return [
    [low, 1 - (inside - low)],
    [low + 1, inside - low],
  ];
}

function positionsIn({ start, cell, samples }: RegionAxis, index: number): readonly number[] {
  return Array.from({ length: samples }, (_, i) => start + (index + (i + 0.5) / samples) * cell);
}

/** The pixels that a cell is the weighted sum of. */
function cellShares(
  rows: readonly number[],
  columns: readonly number[],
  [height, width]: readonly [number, number],
): readonly (readonly [pixel: number, share: number])[] {
  const count = Math.max(rows.length * columns.length, 1);
  return rows.flatMap((y) =>
    columns.flatMap((x) =>
      around(y, height).flatMap(([row, down]) =>
        around(x, width).map(([column, right]) => [row * width + column, (down * right) / count] as const),
      ),
    ),
  );
}

function aligned({ x, regions, images }: Record<"x" | "regions" | "images", Tensor>, how: Alignment): Tensor {
  const [batch, channels, height, width] = nchw(x);
  const count = elementAt(regions.dims, 0);
  const y = zeros([count, channels, how.height, how.width], x);
  const cells = how.height * how.width;
  for (let region = 0; region < count; region++) {
    const [left = 0, top = 0, right = 0, bottom = 0] = regions.data.subarray(4 * region, 4 * region + 4);
    const vertical = regionAxis(top, bottom, how.height, how);
    const horizontal = regionAxis(left, right, how.width, how);
    const first = indexFrom(elementAt(images.data, region), batch) * channels;
    for (let cell = 0; cell < cells; cell++) {
      const rows = positionsIn(vertical, Math.floor(cell / how.width));
      const shares = cellShares(rows, positionsIn(horizontal, cell % how.width), [height, width]);
      for (let channel = 0; channel < channels; channel++) {
        const from = (first + channel) * height * width;
        y.data[(region * channels + channel) * cells + cell] = runningSum(
          shares.length,
          (i) => {
            const [pixel, share] = elementAt(shares, i);
            return share * elementAt(x.data, from + pixel);
          },
          x.data,
        );
      }
    }
  }
  return y;
}

/** Refuses a size that is certainly not the wanted one. */
function expectSize(size: Dim | undefined, wanted: Dim | undefined, what: string): void {
  if (typeof size === "number" && typeof wanted === "number" && size !== wanted)
    refuse(`${what} has the size ${size}, not ${wanted}`);
}

/** Boxes in an image, and what a map shows inside of them. */
export const regions = {
  non_max_suppression: primitiveOp({
    precision: { float32: "half precision has no finer steps than a pixel beyond 1024" },
    doc: "rows of image, class and box: of each class of each image the boxes of the best scores, without those that overlap a better one too much",
    source: "https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html",
    operands: { boxes: elements("float32"), scores: elements("float32") },
    attributes: () =>
      z.strictObject({
        most: z.int().min(0).default(0),
        overlap: z.number().min(0).max(1).default(0),
        least: z.number().optional(),
        centred: z.boolean().default(false),
        /** How many rows there are. */
        count: found,
      }),
    infer({ boxes, scores }, { count }) {
      if (boxes.dims.length !== 3 || scores.dims.length !== 3)
        refuse(
          `it takes boxes [N, B, 4] and scores [N, C, B], got ${formatType(boxes)} and ${formatType(scores)}`,
        );
      expectSize(boxes.dims[2], 4, "a box");
      expectSize(scores.dims[0], boxes.dims[0], "the batch of scores");
      expectSize(scores.dims[2], boxes.dims[1], "a class of scores");
      return tensorType([count, 3], "int64");
    },
    evaluate: ({ boxes, scores }, options) => suppressed(boxes, scores, options),
  }),
  roi_align: primitiveOp({
    precision: { float32: "half precision has no finer steps than a pixel beyond 1024" },
    doc: "of regions [R, 4] of images, as left, top, right and bottom, what the map shows in each cell of a grid: the mean of interpolated positions",
    source:
      "https://onnx.ai/onnx/operators/onnx__RoiAlign.html (mode avg); Mask R-CNN (ICCV 2017), section 3",
    operands: { x: floats, regions: floats, images: integers },
    attributes: alignment,
    infer({ x, regions: boxes, images }, { height, width }) {
      const [, channels] = mapChannels(x, "x");
      if (boxes.dims.length !== 2 || images.dims.length !== 1)
        refuse(`it takes regions [R, 4] of images [R], got ${formatType(boxes)} and ${formatType(images)}`);
      expectSize(boxes.dims[1], 4, "a region");
      expectSize(images.dims[0], boxes.dims[0], "images");
      return tensorType([boxes.dims[0] ?? 0, channels, height, width], x.dtype);
    },
    evaluate: aligned,
  }),
};
