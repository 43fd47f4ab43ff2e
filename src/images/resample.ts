import type { Interpolation } from "../language/preprocessing.js";
import type { Pixels } from "./pixels.js";

/** A kernel of interpolation; zero from `support` on, to both sides. */
interface Filter {
  readonly support: number;
  readonly weight: (x: number) => number;
}

const FILTERS: Readonly<Record<Exclude<Interpolation, "nearest">, Filter>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with a = -0.5. */
function cubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Bits after the point of a weight: 32 of an integer without 8 of the result and 2 for weights below 0 and over 1. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** A part of a picture. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture in another size, and of that the part that a window shows: bit by bit as Pillow's `resize` makes it, which
 * timm and torchvision use for PIL images. A pixel is the weighted mean of those under a filter that is as wide as one
 * new pixel at least, first along the rows, then along the columns, with weights in fixed point and a rounding to 8
 * bits after each. Only what the window needs is computed.
 *
 * Source: https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c, and Geometry.c for `nearest`
 */
export function resample(
  image: Pixels,
  width: number,
  height: number,
  interpolation: Interpolation,
  window: Window = { left: 0, top: 0, width, height },
): Pixels {
  if (interpolation === "nearest") return pickNearest(image, width, height, window);
  const filter = FILTERS[interpolation];
  const columns = weightsOf(image.width, width, filter, window.left, window.width);
  const rows = weightsOf(image.height, height, filter, window.top, window.height);
  const firstRow = rows[0]?.first ?? 0;
  const lastRow = rows.at(-1);
  const endRow = lastRow === undefined ? firstRow : lastRow.first + lastRow.weights.length;
  const wide = resampleRows(image, columns, firstRow, endRow);
  return resampleColumns(wide, rows, firstRow);
}

/** The rows from `firstRow` to `endRow`, with new pixels. */
function resampleRows(
  { width: from, channels, data }: Pixels,
  columns: readonly NewPixel[],
  firstRow: number,
  endRow: number,
): Pixels {
  const width = columns.length;
  const height = endRow - firstRow;
  const made = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        let at = ((firstRow + y) * from + first) * channels + c;
        for (let i = 0; i < weights.length; i++, at += channels) {
          sum += (data[at] as number) * (weights[i] as number);
        }
        made[(y * width + x) * channels + c] = toByte(sum);
      }
    });
  }
  return { width, height, channels, data: made };
}

/** New rows out of those of a picture whose first one is row `firstRow`. */
function resampleColumns(
  { width, channels, data }: Pixels,
  rows: readonly NewPixel[],
  firstRow: number,
): Pixels {
  const rowLength = width * channels;
  const made = new Uint8Array(rows.length * rowLength);
  const sums = new Int32Array(rowLength);
  rows.forEach(({ first, weights }, y) => {
    sums.fill(HALF);
    weights.forEach((weight, i) => {
      const row = (first - firstRow + i) * rowLength;
      for (let x = 0; x < rowLength; x++) {
        sums[x] = (sums[x] as number) + (data[row + x] as number) * weight;
      }
    });
    for (let x = 0; x < rowLength; x++) made[y * rowLength + x] = toByte(sums[x] as number);
  });
  return { width, height: rows.length, channels, data: made };
}

/** What a new pixel is the weighted sum of: old pixels from `first` on. */
interface NewPixel {
  readonly first: number;
  /** With `FRACTION_BITS` bits after the point; their sum is about 1. */
  readonly weights: Int32Array;
}

/** The new pixels from `start` on, of `to` that are made of `from`. */
function weightsOf(
  from: number,
  to: number,
  { support, weight }: Filter,
  start: number,
  count: number,
): readonly NewPixel[] {
  const scale = from / to;
  // A picture that grows has its old pixels interpolated; one that shrinks has all of them averaged.
  const widening = Math.max(scale, 1);
  const reach = support * widening;
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const exact = Float64Array.from({ length: end - first }, (_, k) =>
      weight((k + first - centre + 0.5) * (1 / widening)),
    );
    const sum = exact.reduce((a, b) => a + b, 0);
    return { first, weights: Int32Array.from(exact, (each) => fixedPoint(sum === 0 ? each : each / sum)) };
  });
}

/** Rounded to the nearest, a half away from zero. */
function fixedPoint(value: number): number {
  return Math.trunc(value * (1 << FRACTION_BITS) + (value < 0 ? -0.5 : 0.5));
}

function toByte(sum: number): number {
  return Math.min(255, Math.max(0, sum >> FRACTION_BITS));
}

function pickNearest(image: Pixels, width: number, height: number, window: Window): Pixels {
  const { channels } = image;
  const data = new Uint8Array(window.width * window.height * channels);
  const columns = nearestTo(image.width, width, window.left, window.width);
  nearestTo(image.height, height, window.top, window.height).forEach((row, y) => {
    columns.forEach((column, x) => {
      const start = (row * image.width + column) * channels;
      data.set(image.data.subarray(start, start + channels), (y * window.width + x) * channels);
    });
  });
  return { width: window.width, height: window.height, channels, data };
}

/** The old pixel under the centre of each new one; centres are added up, as Pillow does, which rounds its own way. */
function nearestTo(from: number, to: number, start: number, count: number): readonly number[] {
  const scale = from / to;
  const nearest: number[] = [];
  for (let i = 0, centre = scale * 0.5; i < start + count; i++, centre += scale) {
    if (i >= start) nearest.push(Math.min(from - 1, Math.trunc(centre)));
  }
  return nearest;
}
