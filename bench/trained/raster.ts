import type { OutlineStep, Point } from "./fonts.js";

/** Parts that curves of the second and the third degree are drawn in: letters are some dozens of pixels high. */
const PARTS = { Q: 4, C: 6 } as const;

/** How much of each pixel of a picture some outlines cover. */
export interface Coverage {
  readonly width: number;
  readonly height: number;
  /** By how much more of each pixel is covered than of its left neighbour, row by row; two more at the end of each row. */
  readonly steps: Float64Array;
}

export function noCoverage(width: number, height: number): Coverage {
  return { width, height, steps: new Float64Array((width + 2) * height) };
}

/** Adds closed outlines, each point moved by `place`. */
export function cover(
  coverage: Coverage,
  outline: readonly OutlineStep[],
  place: (point: Point) => Point,
): void {
  let [start, at]: readonly [Point, Point] = [ORIGIN, ORIGIN];
  for (const { type, points } of outline) {
    const [a, b, c] = points.map(place);
    if (type === "M" && a !== undefined) [start, at] = [a, a];
    else if (type === "Z") {
      addEdge(coverage, at, start);
      at = start;
    } else {
      for (const next of partsOf(at, a, b, c)) {
        addEdge(coverage, at, next);
        at = next;
      }
    }
  }
}

const ORIGIN: Point = [0, 0];

/**
 * Adds the edge of an outline: all that is right of it is covered, more where it goes down, less where it goes up.
 *
 * Source: the signed areas of font-rs, https://github.com/raphlinus/font-rs
 */
function addEdge({ width, height, steps }: Coverage, from: Point, to: Point): void {
  if (from[1] === to[1]) return;
  const isDown = from[1] < to[1];
  const [upper, lower] = isDown ? [from, to] : [to, from];
  const slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
  const end = Math.min(height, Math.ceil(lower[1]));
  for (let y = Math.max(0, Math.floor(upper[1])); y < end; y++) {
    const [top, bottom] = [Math.max(y, upper[1]), Math.min(y + 1, lower[1])];
    const a = Math.min(width, Math.max(0, upper[0] + (top - upper[1]) * slope));
    const b = Math.min(width, Math.max(0, upper[0] + (bottom - upper[1]) * slope));
    const whole = isDown ? bottom - top : top - bottom;
    addPiece(steps, y * (width + 2), Math.min(a, b), Math.max(a, b), whole);
  }
}

/** Adds the piece of an edge in one row, from x = a to b, which covers `whole` of all pixels right of it. */
function addPiece(steps: Float64Array, row: number, a: number, b: number, whole: number): void {
  const last = Math.floor(b);
  let before = 0;
  for (let pixel = Math.floor(a); pixel <= last; pixel++) {
    const covered = whole * meanRightOf(a - pixel, b - pixel);
    steps[row + pixel] = (steps[row + pixel] as number) + covered - before;
    before = covered;
  }
  steps[row + last + 1] = (steps[row + last + 1] as number) + whole - before;
}

/** The mean of what is right of a point t within the unit interval, 1 - t cut off at 0 and 1, for t from a to b. */
function meanRightOf(a: number, b: number): number {
  if (b - a < 1e-9) return Math.max(0, Math.min(1, 1 - a));
  return (rightOfUpTo(b) - rightOfUpTo(a)) / (b - a);
}

/** Its integral, 0 at 0. */
function rightOfUpTo(t: number): number {
  if (t <= 0) return t;
  return t >= 1 ? 0.5 : t - (t * t) / 2;
}

/** The covered parts of the pixels, 0 to 1, row by row. */
export function coveredParts({ width, height, steps }: Coverage): Float64Array {
  const parts = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    let sum = 0;
    for (let x = 0; x < width; x++) {
      sum += steps[y * (width + 2) + x] as number;
      parts[y * width + x] = Math.min(1, Math.abs(sum));
    }
  }
  return parts;
}

/** The points of a line, or of a curve of one or two control points. */
function partsOf(
  p: Point,
  a: Point | undefined,
  b: Point | undefined,
  c: Point | undefined,
): readonly Point[] {
  if (a === undefined) return [];
  if (b === undefined) return [a];
  const parts: Point[] = [];
  const count = c === undefined ? PARTS.Q : PARTS.C;
  for (let i = 1; i <= count; i++) {
    const t = i / count;
    parts.push(
      c === undefined ? quadratic(p, a, b, t) : mix(quadratic(p, a, b, t), quadratic(a, b, c, t), t),
    );
  }
  return parts;
}

function quadratic(p0: Point, p1: Point, p2: Point, t: number): Point {
  return mix(mix(p0, p1, t), mix(p1, p2, t), t);
}

function mix(p: Point, q: Point, t: number): Point {
  return [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
}
