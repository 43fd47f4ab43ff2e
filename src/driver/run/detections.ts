import type { Box, Mask } from "../../images/draw.js";
import type { WireTensor } from "../../runtime/protocol.js";
import { fromWire } from "../../runtime/tensor.js";
import { isFloat } from "../../trials/numbers.js";

/** Something that was found. */
export interface Detection {
  /** Left, top, right and bottom, in pixels of the picture from its upper left corner, within it. */
  readonly box: Box;
  readonly score: number;
  /** The number of its class. */
  readonly index: number;
  /** The name of its class. */
  readonly label?: string;
}

/** A detection, and the pixels that belong to it where the model says. */
export interface MaskedDetection extends Detection {
  readonly mask?: Mask | undefined;
}

/** Where pixels of an input are in a picture: `x · scale + offset` along each axis. */
export interface Frame {
  /** The sides of the picture. */
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  /** The sides of the input. */
  readonly input: { readonly width: number; readonly height: number };
}

interface Axis {
  readonly scale: number;
  readonly offset: number;
}

/** The outputs of a detector, and how many things they have. */
interface DetectorOutputs {
  readonly count: number;
  readonly boxes: WireTensor;
  readonly scores: WireTensor;
  readonly labels: WireTensor;
  readonly masks?: WireTensor | undefined;
}

/**
 * The outputs `boxes` [D, 4], `scores` [D], `labels` [D] and `masks` [D, 1, H, W] of a detector, as ecagen's and torchvision's
 * have them. Undefined for a model without these names; a text where the shapes or types are others.
 */
export function detectorOutputs(
  results: ReadonlyMap<string, WireTensor>,
): DetectorOutputs | string | undefined {
  const [boxes, scores, labels] = [results.get("boxes"), results.get("scores"), results.get("labels")];
  if (boxes === undefined || scores === undefined || labels === undefined) return undefined;
  const masks = results.get("masks");
  const [count = 0] = boxes.dims;
  const expected = [
    ["boxes", boxes, [count, 4], isFloat],
    ["scores", scores, [count], isFloat],
    ["labels", labels, [count], isInteger],
    ["masks", masks, [count, 1, ...(masks?.dims.slice(2, 4) ?? [])], isFloat],
  ] as const;
  const wrong = expected.flatMap(([name, tensor, dims, isRight]) => {
    if (tensor === undefined) return [];
    const isAsExpected =
      isRight(tensor.dtype) &&
      tensor.dims.join() === dims.join() &&
      (name !== "masks" || tensor.dims.length === 4);
    return isAsExpected ? [] : [`${name} is ${tensor.dtype} [${tensor.dims.join(", ")}]`];
  });
  return wrong.length === 0 ? { count, boxes, scores, labels, masks } : wrong.join(", ");
}

function isInteger(dtype: string): boolean {
  return /^u?int\d/.test(dtype);
}

/** What a detector found, with what is no detection left out. */
export interface Found {
  readonly detections: readonly MaskedDetection[];
  /** How many rows have an empty box, a score of 0 or less, or numbers that are not finite: what fills up a fixed number of rows. */
  readonly empty: number;
  /** How many have a lower score than was asked for. */
  readonly lowScores: number;
  /** Whether each box lies within a pixel of the input's corner, as parts of its sides would. */
  readonly tiny: boolean;
}

/**
 * What a detector found in a picture. Boxes are left, top, right and bottom in pixels of the input; they are moved into the picture and cut
 * off at its borders. Masks are grids over their boxes, or over the input where they are as large as it.
 */
export function foundIn(outputs: DetectorOutputs, frame: Frame, minScore: number): Found {
  const [boxes, scores, labels] = [outputs.boxes, outputs.scores, outputs.labels].map(
    (tensor) => fromWire(tensor).data,
  );
  const maskOf = masksIn(outputs, frame);
  const rows = Array.from({ length: outputs.count }, (_, row) => {
    const corners = [0, 1, 2, 3].map((i) => boxes?.[4 * row + i] ?? Number.NaN);
    const area = moved(corners, frame);
    const box = clipped(area, frame);
    const detection = { box, score: scores?.[row] ?? 0, index: labels?.[row] ?? 0 };
    return { ...detection, mask: maskOf(row, area), corners };
  });
  const full = rows.filter(
    ({ box: [left, top, right, bottom], score }) => right > left && bottom > top && score > 0,
  );
  const detections = full.filter(({ score }) => score >= minScore);
  return {
    detections: detections.map(({ corners: _, ...detection }) => detection),
    empty: rows.length - full.length,
    lowScores: full.length - detections.length,
    tiny: full.length > 0 && full.every(({ corners }) => corners.every((each) => each <= 1)),
  };
}

/** Corners in the picture. */
function moved([left = 0, top = 0, right = 0, bottom = 0]: readonly number[], { x, y }: Frame): Box {
  const at = (each: number, { scale, offset }: Axis): number => each * scale + offset;
  return [at(left, x), at(top, y), at(right, x), at(bottom, y)];
}

function clipped([left, top, right, bottom]: Box, { width, height }: Frame): Box {
  const within = (each: number, most: number): number => Math.min(most, Math.max(0, each));
  return [within(left, width), within(top, height), within(right, width), within(bottom, height)];
}

/** The mask of a row, over its box as it was before it was cut off. */
function masksIn({ masks }: DetectorOutputs, frame: Frame): (row: number, area: Box) => Mask | undefined {
  const [, , height = 0, width = 0] = masks?.dims ?? [];
  if (masks === undefined) return () => undefined;
  const { data } = fromWire(masks);
  const isWhole = width === frame.input.width && height === frame.input.height;
  const whole = moved([0, 0, width, height], frame);
  return (row, area) => ({
    area: isWhole ? whole : area,
    width,
    height,
    data: data.subarray(row * width * height, (row + 1) * width * height),
  });
}
