import type { Preprocessing } from "../language/preprocessing.js";
import { type Pixels, toGrey } from "./pixels.js";
import { resample } from "./resample.js";

/** The image that a network takes. */
export interface ImageSize {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/**
 * A picture as a network's input, [channels, height, width], float32:
 *
 *     picture ─ grey, for one channel ─ resized ─ cropped at its centre ─ (x / 255 - mean) / std, by channel
 *
 * with each step as timm and torchvision do it for PIL images, to the last bit.
 *
 * @param picture red, green and blue
 */
export function prepareImage(picture: Pixels, size: ImageSize, preprocessing: Preprocessing): Float32Array {
  const coloured = size.channels === 1 ? toGrey(picture) : picture;
  const { width, height } = resizedSize(picture, size, preprocessing);
  const crop = {
    left: centreStart(width - size.width),
    top: centreStart(height - size.height),
    width: size.width,
    height: size.height,
  };
  return normalized(resample(coloured, width, height, preprocessing.interpolation, crop), preprocessing);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The size before the crop. With `target` = ⌊side / crop⌋ of both sides, `exact` is that. `shorter-side` is the smallest
 * size of the picture's proportions that covers it: one side is the target, the other ⌊target · other / this⌋.
 *
 * Source: torchvision's `Resize`, for square inputs; it has no rule for others
 */
export function resizedSize(picture: Size, size: Size, { resize, crop }: Preprocessing): Size {
  const width = Math.floor(size.width / crop);
  const height = Math.floor(size.height / crop);
  if (resize === "exact") return { width, height };
  return picture.width * height <= picture.height * width
    ? { width, height: Math.floor((width * picture.height) / picture.width) }
    : { width: Math.floor((height * picture.width) / picture.height), height };
}

/**
 * Pixels that a crop leaves out before the centre of `excess` too many: half of them, a half rounded to the even
 * number, as torchvision's `CenterCrop` does by Python's `round`.
 */
function centreStart(excess: number): number {
  const half = Math.floor(excess / 2);
  return excess % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** Each operation is rounded to float32, as PyTorch's are. */
function normalized(
  { width, height, channels, data }: Pixels,
  { mean, std, channelOrder }: Preprocessing,
): Float32Array {
  const plane = width * height;
  const result = new Float32Array(plane * channels);
  for (let c = 0; c < channels; c++) {
    const source = channelOrder === "bgr" ? channels - 1 - c : c;
    const [m, s] = [Math.fround(mean[c] ?? 0), Math.fround(std[c] ?? 1)];
    const values = Float32Array.from(
      { length: 256 },
      (_, byte) => Math.fround(Math.fround(byte / 255) - m) / s,
    );
    for (let i = 0; i < plane; i++) {
      result[c * plane + i] = values[data[i * channels + source] as number] as number;
    }
  }
  return result;
}
