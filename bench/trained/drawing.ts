import type { RandomStream } from "../../src/base/random.js";
import type { Pixels } from "../../src/images/pixels.js";
import type { Point } from "./fonts.js";
import type { Coverage } from "./raster.js";
import { pick, whole } from "./words.js";

/** Where a point of a drawing goes. */
export type PointMap = (point: Point) => Point;

/** How a flat thing is seen: turned by `angle` (radians), leaning, its right and lower sides receding. */
export interface View {
  readonly angle: number;
  readonly lean: number;
  /** How much farther the right and the lower end are than the middle, as parts of the distance. */
  readonly depth: Point;
}

/** The projection of points around `centre` of a thing of the sizes `extent`. */
export function viewed(centre: Point, extent: Point, { angle, lean, depth }: View): PointMap {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return ([x, y]) => {
    const v = y - centre[1];
    const u = x - centre[0] + lean * v;
    const far = 1 + (depth[0] * u) / extent[0] + (depth[1] * v) / extent[1];
    return [centre[0] + (cos * u - sin * v) / far, centre[1] + (sin * u + cos * v) / far];
  };
}

/** A colour by its red, green and blue, 0 to 255. */
type Colour = readonly [number, number, number];

/** A ground, and an ink that stands out from it by `contrast` of the whole range of grey. */
export function colours(
  stream: RandomStream,
  contrast: number,
): { readonly ground: Colour; readonly ink: Colour } {
  const range = 255 * contrast;
  const dark = stream.uniform(0, 255 - range);
  const tinted = (grey: number): Colour => {
    const tint = (): number => grey + stream.uniform(-25, 25);
    return [tint(), tint(), tint()];
  };
  const [low, high] = [tinted(dark), tinted(dark + range)];
  return stream.uniform(0, 1) < 0.7 ? { ground: high, ink: low } : { ground: low, ink: high };
}

/** How much lighter or darker a ground is at a point. */
type Relief = (x: number, y: number) => number;

/** What lies behind a text: nothing, a gradient, stripes, patches, ruled lines. `strength` in grey values. */
const RELIEFS: readonly ((stream: RandomStream, strength: number, extent: Point) => Relief)[] = [
  () => () => 0,
  (stream, strength, [width, height]) => {
    const [a, b] = [stream.uniform(-1, 1) / width, stream.uniform(-1, 1) / height];
    return (x, y) => strength * (a * x + b * y);
  },
  (stream, strength) => {
    const [angle, period] = [stream.uniform(0, Math.PI), stream.uniform(5, 16)];
    const [a, b] = [Math.cos(angle) / period, Math.sin(angle) / period];
    return (x, y) => ((a * x + b * y) % 1 < 0.35 ? strength / 2 : 0);
  },
  (stream, strength, [width, height]) => {
    const patches = Array.from({ length: whole(stream, 2, 5) }, () => ({
      x: stream.uniform(0, width),
      y: stream.uniform(0, height),
      radius: stream.uniform(height / 4, height),
      by: strength * stream.uniform(-1, 1),
    }));
    return (x, y) =>
      patches.reduce((sum, each) => {
        const inside = (x - each.x) ** 2 + (y - each.y) ** 2 < each.radius ** 2;
        return inside ? sum + each.by : sum;
      }, 0);
  },
  (stream, strength) => {
    const [step, first] = [whole(stream, 8, 24), whole(stream, 0, 8)];
    return (_, y) => ((y + first) % step === 0 ? -strength : 0);
  },
];

/**
 * A picture of ink on a ground of some kind.
 *
 * @param ink how much of each pixel it covers
 */
export function painted(
  stream: RandomStream,
  { width, height }: Pick<Coverage, "width" | "height">,
  ink: Float64Array,
  colour: { readonly ground: Colour; readonly ink: Colour },
): Pixels {
  const relief = pick(stream, RELIEFS)(stream, stream.uniform(10, 60), [width, height]);
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < ink.length; i++) {
    const lighter = relief(i % width, Math.floor(i / width));
    const covered = ink[i] as number;
    for (let c = 0; c < 3; c++) {
      const ground = (colour.ground[c] as number) + lighter;
      data[3 * i + c] = ground + covered * ((colour.ink[c] as number) - ground);
    }
  }
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
}

/** Parts of pixels, blurred by a Gaussian of this deviation in pixels. */
export function blurred(
  part: Float64Array,
  { width, height }: Pick<Coverage, "width" | "height">,
  deviation: number,
): Float64Array {
  const radius = Math.ceil(2 * deviation);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / Math.max(deviation, 1e-3)) ** 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const normal = weights.map((weight) => weight / sum);
  return along(along(part, normal, 1, width), normal, width, height);
}

/** The weighted sums of neighbours `step` apart, of which there are `length` in a line. */
function along(source: Float64Array, weights: readonly number[], step: number, length: number): Float64Array {
  const radius = (weights.length - 1) / 2;
  const result = new Float64Array(source.length);
  for (let i = 0; i < source.length; i++) {
    const at = Math.floor(i / step) % length;
    let value = 0;
    for (let k = Math.max(-radius, -at); k <= Math.min(radius, length - 1 - at); k++) {
      value += (weights[k + radius] as number) * (source[i + k * step] as number);
    }
    result[i] = value;
  }
  return result;
}

/** With noise of N(0, deviation²), in grey values, the same for all channels of a pixel. */
export function noisy(stream: RandomStream, picture: Pixels, deviation: number): Pixels {
  const noise = new Float64Array(picture.data.length / 3);
  stream.fillNormal(noise, deviation);
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = (picture.data[i] as number) + (noise[Math.floor(i / 3)] as number);
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

/** Turned by 180°. */
export function turned(picture: Pixels): Pixels {
  const { length } = picture.data;
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = picture.data[length - 3 - i + 2 * (i % 3)] as number;
  return { ...picture, data };
}
