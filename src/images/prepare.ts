import type { Preprocessing } from "../language/preprocessing.js";
import { type Pixels, toGrey } from "./pixels.js";
import { resample } from "./resample.js";

/** The image that a network takes. */
export interface ImageSize {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/** A picture that was resized and cropped for an input, and where its upper left pixel lies in that. */
export interface PlacedImage {
  readonly pixels: Pixels;
  readonly left: number;
  readonly top: number;
}

/**
 * A picture as a network's input, [channels, height, width], float32:
 *
 *     picture ─ grey, for one channel ─ resized ─ cropped at its centre ─ (x / 255 - mean) / std, by channel ─ padded
 *
 * with each step as timm and torchvision do it for PIL images, to the last bit.
 *
 * @param picture red, green and blue
 */
export function prepareImage(picture: Pixels, size: ImageSize, preprocessing: Preprocessing): Float32Array {
  return normalizeImage(placeImage(picture, size, preprocessing), size, preprocessing);
}

/** The steps up to the crop, which need a quarter of the memory of what follows. */
export function placeImage(picture: Pixels, size: ImageSize, preprocessing: Preprocessing): PlacedImage {
  const coloured = size.channels === 1 ? toGrey(picture) : picture;
  const { left, top, width, height } = placementOf(picture, size, preprocessing);
  const columns = shownPart(left, width, size.width);
  const rows = shownPart(top, height, size.height);
  const window = { left: columns.start, width: columns.length, top: rows.start, height: rows.length };
  const pixels = resample(coloured, width, height, preprocessing.interpolation, window);
  return { pixels, left: Math.max(0, left), top: Math.max(0, top) };
}

/** The part of a picture's `length` pixels that an input shows, in which the first is at `at`. */
function shownPart(at: number, length: number, inputLength: number) {
  const start = Math.max(0, -at);
  return { start, length: Math.max(0, Math.min(length, inputLength - at) - start) };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where the whole of a resized picture lies, in pixels of the input; what is outside of it is cut off. */
export interface PicturePlacement extends Size {
  readonly left: number;
  readonly top: number;
}

/** Where a picture lies in an input: a point x of it is at left + x · width / the picture's width, and y likewise. */
export function placementOf(picture: Size, size: Size, preprocessing: Preprocessing): PicturePlacement {
  const resized = resizedSize(picture, size, preprocessing);
  const { resize, crop, padding } = preprocessing;
  const start = (side: keyof Size): number => {
    if (resize !== "fit") return -centreStart(resized[side] - size[side]);
    const whole = Math.floor(size[side] / crop);
    const before = padding?.at === "around" ? Math.floor((whole - resized[side]) / 2) : 0;
    return before - centreStart(whole - size[side]);
  };
  return { ...resized, left: start("width"), top: start("height") };
}

/**
 * The size before the crop. With `target` = ⌊side / crop⌋ of both sides, `exact` is that. `shorter-side` is the smallest
 * size of the picture's proportions that covers it, `fit` the largest within it: one side is the target, the other
 * ⌊target · other / this⌋, at least 1.
 *
 * Source: torchvision's `Resize`, for square inputs; it has no rule for others. `fit`: the GeneralizedRCNNTransform of its
 * detectors, whose `min_size` and `max_size` are a square input's side
 */
export function resizedSize(picture: Size, size: Size, { resize, crop }: Preprocessing): Size {
  const width = Math.floor(size.width / crop);
  const height = Math.floor(size.height / crop);
  if (resize === "exact") return { width, height };
  const isNarrow = picture.width * height <= picture.height * width;
  return isNarrow === (resize === "shorter-side")
    ? { width, height: Math.max(1, Math.floor((width * picture.height) / picture.width)) }
    : { width: Math.max(1, Math.floor((height * picture.width) / picture.height)), height };
}

/**
 * Pixels that a crop leaves out before the centre of `excess` too many: half of them, a half rounded to the even
 * number, as torchvision's `CenterCrop` does by Python's `round`.
 */
function centreStart(excess: number): number {
  const half = Math.floor(excess / 2);
  return excess % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** The steps after the crop: a placed image, and padding around it. Each operation is rounded to float32, as PyTorch's are. */
export function normalizeImage(
  { pixels: { width, height, channels, data }, left, top }: PlacedImage,
  input: ImageSize,
  { mean, std, channelOrder, padding }: Preprocessing,
): Float32Array {
  const plane = input.width * input.height;
  const result = new Float32Array(plane * channels);
  for (let c = 0; c < channels; c++) {
    const source = channelOrder === "bgr" ? channels - 1 - c : c;
    const [m, s] = [Math.fround(mean[c] ?? 0), Math.fround(std[c] ?? 1)];
    const normal = (byte: number): number => Math.fround(Math.fround(byte / 255) - m) / s;
    const values = Float32Array.from({ length: 256 }, (_, byte) => normal(byte));
    if (typeof padding?.value === "number") result.fill(normal(padding.value), c * plane, (c + 1) * plane);
    for (let y = 0; y < height; y++) {
      const start = c * plane + (top + y) * input.width + left;
      for (let x = 0; x < width; x++) {
        result[start + x] = values[data[(y * width + x) * channels + source] as number] as number;
      }
    }
  }
  return result;
}
