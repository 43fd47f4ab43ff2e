import { type RandomStream, randomStream } from "../../src/base/random.js";
import type { Pixels } from "../../src/images/pixels.js";
import { blurred, colours, noisy, painted, turned, viewed } from "./drawing.js";
import { FONTS, type Outline, outlineOf } from "./fonts.js";
import { type Coverage, cover, coveredParts, noCoverage } from "./raster.js";
import { phrase, pick, token } from "./words.js";

/**
 * Pictures of text, drawn by the bench: outlines of fonts, seen from an angle, blurred, on grounds of several kinds, with noise. The same seed gives
 * the same pictures; each depends on the seed, its kind and its number alone.
 */

/** A picture of one line, 48 pixels high, as it is after a detector of text has cut it out. */
export interface LinePicture {
  readonly picture: Pixels;
  readonly text: string;
  /** Whether it stands on its head. */
  readonly isTurned: boolean;
}

/** How hard a text is to read. */
interface Difficulty {
  /** Pixels of an em. */
  readonly size: readonly [least: number, most: number];
  /** Of ink and ground, as a part of the range of grey. */
  readonly contrast: readonly [least: number, most: number];
  /** The largest deviation of the noise, as a part of the contrast. */
  readonly noise: number;
  /** The largest deviation of the blur, in pixels. */
  readonly blur: number;
  /** The largest turn, in radians, either way. */
  readonly angle: number;
}

const CLASSIFIED: Difficulty = { size: [28, 42], contrast: [0.3, 0.9], noise: 0.03, blur: 0.8, angle: 0.07 };
const READ: Difficulty = { size: [28, 44], contrast: [0.25, 0.9], noise: 0.2, blur: 1.5, angle: 0.05 };
const FOUND: Difficulty = { size: [10, 36], contrast: [0.2, 0.9], noise: 0.2, blur: 1, angle: 0.15 };

const LINE_HEIGHT = 48;

/** Lines of one or two words for a classifier of directions, 192 pixels wide at most: the odd ones of them stand on their heads. */
export function directionLines(seed: number, count: number): readonly LinePicture[] {
  return drawn(seed, "direction", count, (stream, i) => {
    const line = linePicture(stream, phrase(stream, 1, 2), CLASSIFIED, 192);
    return i % 2 === 0 ? line : { ...line, picture: turned(line.picture), isTurned: true };
  });
}

/** Upright lines of one to three words, 320 pixels wide at most, to be read. */
export function readingLines(seed: number, count: number): readonly LinePicture[] {
  return drawn(seed, "reading", count, (stream) => linePicture(stream, phrase(stream, 1, 3), READ, 320));
}

/** The sides that pages have: multiples of 32, as the detector takes them. */
const SIDES = [192, 224, 256, 288, 320] as const;

/** Pages of several lines of many sizes, one below the other. */
export function pages(seed: number, count: number): readonly Pixels[] {
  return drawn(seed, "page", count, pagePicture);
}

function drawn<T>(
  seed: number,
  kind: string,
  count: number,
  draw: (stream: RandomStream, index: number) => T,
): readonly T[] {
  return Array.from({ length: count }, (_, i) => draw(randomStream(seed, `trained ${kind} ${i}`), i));
}

const between = (stream: RandomStream, [least, most]: readonly [number, number]): number =>
  stream.uniform(least, most);

/** A longer line is pressed together, as PaddleOCR does it. */
function linePicture(stream: RandomStream, text: string, hard: Difficulty, most: number): LinePicture {
  const size = between(stream, hard.size);
  const outline = outlineOf(text, pick(stream, FONTS), size);
  const [long, margin] = [outline.right - outline.left, stream.uniform(0.1, 0.7) * size];
  const pressed = Math.min(1, (most - margin) / long);
  const width = Math.ceil(long * pressed + margin);
  // A long line that is turned far leaves its picture.
  const angle = Math.min(hard.angle, (0.5 * LINE_HEIGHT) / width);
  const coverage = noCoverage(width, LINE_HEIGHT);
  addSeen(coverage, stream, outline, { centre: [width / 2, LINE_HEIGHT / 2], angle, pressed });
  return { text, isTurned: false, picture: inked(stream, coverage, hard) };
}

/** Outlines as ink on a ground, as unclear as the difficulty says: of little contrast the noise is less, so that it can be read. */
function inked(stream: RandomStream, coverage: Coverage, hard: Difficulty): Pixels {
  const ink = blurred(coveredParts(coverage), coverage, stream.uniform(0, hard.blur));
  const contrast = between(stream, hard.contrast);
  const clean = painted(stream, coverage, ink, colours(stream, contrast));
  return noisy(stream, clean, stream.uniform(0, hard.noise) * 255 * contrast);
}

function pagePicture(stream: RandomStream): Pixels {
  const [width, height] = [pick(stream, SIDES), pick(stream, SIDES)];
  const coverage = noCoverage(width, height);
  let top = stream.uniform(4, 24);
  while (top < height - 16) {
    const size = between(stream, FOUND.size);
    const outline = textWithin(stream, size, width - 16);
    const wide = outline.right - outline.left;
    const centre = [stream.uniform(8 + wide / 2, width - 8 - wide / 2), top + size / 2] as const;
    // What a line rises or falls by is left free above and below it.
    addSeen(coverage, stream, outline, { centre, angle: Math.min(FOUND.angle, size / wide), pressed: 1 });
    top += size * stream.uniform(1.4, 2.6);
  }
  return inked(stream, coverage, FOUND);
}

/** As many words as there is space for, at least one. */
function textWithin(stream: RandomStream, size: number, width: number): Outline {
  const font = pick(stream, FONTS);
  const whole = outlineOf(phrase(stream, 1, 4), font, size);
  if (whole.right - whole.left <= width) return whole;
  const word = token(stream);
  const one = outlineOf(word, font, size);
  return one.right - one.left <= width ? one : outlineOf(word.slice(0, 4), font, size);
}

/** Where an outline goes. */
interface Placing {
  readonly centre: readonly [number, number];
  /** The largest turn. */
  readonly angle: number;
  /** The part of its length that is left. */
  readonly pressed: number;
}

/** Adds an outline as it is seen from somewhere. */
function addSeen(
  coverage: Coverage,
  stream: RandomStream,
  { steps, left, top, right, bottom }: Outline,
  { centre, angle, pressed }: Placing,
): void {
  const view = viewed(centre, [pressed * (right - left), bottom - top], {
    angle: stream.uniform(-angle, angle),
    lean: stream.uniform(-0.1, 0.1),
    depth: [stream.uniform(-0.2, 0.2), stream.uniform(-0.1, 0.1)],
  });
  const middle = [(left + right) / 2, (top + bottom) / 2] as const;
  cover(coverage, steps, ([x, y]) =>
    view([centre[0] + pressed * (x - middle[0]), centre[1] + y - middle[1]]),
  );
}
