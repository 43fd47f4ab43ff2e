import { type RankedClass, topClasses } from "./classes.js";
import type { Pixels } from "./images/pixels.js";
import { type ImageSize, prepareImage } from "./images/prepare.js";
import type { Preprocessing } from "./images/preprocessing.js";
import type { FloatTensor } from "./session.js";

/** A picture of 8 bits for each channel, rows from the top: red, green, blue, or with alpha as in a page's `ImageData`. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

export interface ClassifyOptions {
  /** How many classes are given, the most probable first. Default: 5. */
  readonly top?: number;
}

/** What a classifier takes and gives. */
export interface Classifier<Label extends string> {
  readonly size: ImageSize;
  readonly preprocessing: Preprocessing;
  readonly classes: number;
  readonly labels: readonly Label[] | undefined;
}

/** Pictures as one input, [batch, channels, height, width]. Errors: `TypeError` for what is no picture. */
export function imageBatch(
  images: readonly RawImage[],
  { size, preprocessing }: Pick<Classifier<string>, "size" | "preprocessing">,
): FloatTensor<readonly [batch: number, channels: number, height: number, width: number]> {
  const { channels, height, width } = size;
  const length = channels * height * width;
  const data = new Float32Array(images.length * length);
  images.forEach((image, i) => {
    data.set(prepareImage(toPixels(image), size, preprocessing), i * length);
  });
  return { data, dims: [images.length, channels, height, width] };
}

/** The most probable classes of each image of an output [batch, classes]. */
export function rank<Label extends string>(
  logits: FloatTensor,
  { classes, labels }: Pick<Classifier<Label>, "classes" | "labels">,
  { top = 5 }: ClassifyOptions,
): readonly (readonly RankedClass<Label>[])[] {
  return topClasses(logits.data, classes, labels, top);
}

/** Alpha is left out, as ecagen does. */
function toPixels({ data, width, height }: RawImage): Pixels {
  const count = width * height;
  const channels = data.length / count;
  if (
    !Number.isInteger(width) ||
    !Number.isInteger(height) ||
    count < 1 ||
    (channels !== 3 && channels !== 4)
  ) {
    throw new TypeError(
      `a picture of ${width}×${height} has 3 or 4 numbers for each pixel; this one has ${data.length} in all`,
    );
  }
  if (channels === 3) {
    return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  }
  const rgb = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, channels: 3, data: rgb };
}
