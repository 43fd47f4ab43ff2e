import { InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { decodeImage } from "../../images/decode.js";
import type { Pixels } from "../../images/pixels.js";
import { type ImageSize, placementOf, prepareImage } from "../../images/prepare.js";
import { pictureSizes } from "../../ir/picture.js";
import { defaultPreprocessing, type Preprocessing } from "../../language/preprocessing.js";
import type { Port, WireTensor } from "../../runtime/protocol.js";
import { isWireDType, toWire } from "../../runtime/tensor.js";
import { isFloat } from "../../trials/numbers.js";
import type { Frame } from "./detections.js";

/** A batch of images, and what was done to them. */
export interface ImageBatch {
  readonly tensor: WireTensor;
  readonly preprocessing: Preprocessing;
  /** The picture and how the input shows it, where there is one alone. */
  readonly shown?: ShownPicture | undefined;
}

export interface ShownPicture {
  readonly file: string;
  readonly picture: Pixels;
  readonly frame: Frame;
}

/** The sizes of an input that takes images. */
interface ImageInput extends ImageSize {
  readonly channelsLast: boolean;
  /** Whether it takes pictures one by one, without an axis for a batch: as torchvision's detectors do. */
  readonly single: boolean;
}

/**
 * Picture files as one batch of an input, in their order: [N, C, H, W], or [N, H, W, C] where the input has its channels last; one
 * picture without N where the input has three axes.
 *
 * Errors: `InputError` for an input that no picture fits, and where a file is none or can't be decoded.
 *
 * @param said what the model says of it; else the default for its channels is taken, and for bytes the pixels as they are
 */
export async function readImages(
  files: readonly string[],
  port: Port,
  said: Preprocessing | undefined,
): Promise<ImageBatch> {
  const size = imageInput(port, files);
  const { channels, height, width, channelsLast, single } = size;
  const dtype = isWireDType(port.dtype) ? port.dtype : "float32";
  const preprocessing = said ?? usualPreprocessing(channels, isFloat(dtype));
  if (preprocessing.mean.length !== channels) {
    throw InputError.of(
      "run/preprocessing",
      `the model's preprocessing is for ${preprocessing.mean.length} channels, its input ${port.name} has ${channels}`,
    );
  }
  const imageElements = channels * height * width;
  const data = new Float32Array(files.length * imageElements);
  let shown: ShownPicture | undefined;
  for (const [i, file] of files.entries()) {
    const picture = await decodeImage(file, readBytes(file));
    if (files.length === 1) shown = { file, picture, frame: frameOf(picture, size, preprocessing) };
    const image = prepareImage(picture, size, preprocessing);
    data.set(channelsLast ? withChannelsLast(image, channels) : image, i * imageElements);
  }
  const map = channelsLast ? [height, width, channels] : [channels, height, width];
  const dims = single ? map : [files.length, ...map];
  return { tensor: toWire({ dims, data }, dtype), preprocessing, shown };
}

/** Where pixels of an input are in the picture that it shows. */
function frameOf(picture: Pixels, size: ImageInput, preprocessing: Preprocessing): Frame {
  const placed = placementOf(picture, size, preprocessing);
  const axis = (start: number, placedSide: number, side: number): Frame["x"] => {
    const scale = side / placedSide;
    return { scale, offset: -start * scale };
  };
  const { width, height } = picture;
  return {
    ...{ width, height, input: size },
    x: axis(placed.left, placed.width, width),
    y: axis(placed.top, placed.height, height),
  };
}

/** The sizes of one picture in an array for an input; undefined where the array is no picture, or several. */
export function arrayFrame(dims: readonly number[]): Frame | undefined {
  const sizes = pictureSizes(withBatch(dims));
  if (sizes === undefined || withBatch(dims)[0] !== 1) return undefined;
  const { width, height } = sizes;
  const same = { scale: 1, offset: 0 };
  return { width, height, input: sizes, x: same, y: same };
}

/** The sizes of an input with those of a batch, if it has three axes: pictures go in one by one. */
function withBatch<D extends number | string>(dims: readonly D[]): readonly (D | 1)[] {
  return dims.length === 3 ? [1, ...dims] : dims;
}

/** The default; whole numbers are the pixels themselves, from 0 to 255: what is normalised would be rounded away. */
function usualPreprocessing(channels: number, isNormalised: boolean): Preprocessing {
  const usual = defaultPreprocessing(channels);
  if (isNormalised) return usual;
  return { ...usual, mean: usual.mean.map(() => 0), std: usual.std.map(() => 1 / 255) };
}

/** [C, H, W] as [H, W, C] */
function withChannelsLast(image: Float32Array, channels: number): Float32Array {
  const pixels = image.length / channels;
  return image.map((_, i) => image[(i % channels) * pixels + Math.floor(i / channels)] as number);
}

function imageInput({ name, dims }: Port, files: readonly string[]): ImageInput {
  const refuse = (why: string): InputError =>
    InputError.of(
      "run/no-image",
      `${files[0]} can't be given to the input ${name} [${dims.join(", ")}]: ${why}`,
      {
        hint: "images go to an input [batch, 1 or 3, height, width] or [batch, height, width, 1 or 3], or to one without a batch; all others take .npy files",
      },
    );
  const [batch] = withBatch(dims);
  const picture = pictureSizes(withBatch(dims));
  if (picture === undefined || batch === undefined) throw refuse("it is no batch of images");
  const { channels, height, width, channelsLast } = picture;
  if (channels !== 1 && channels !== 3) throw refuse("an image has 1 or 3 channels");
  if (typeof height !== "number" || typeof width !== "number") throw refuse("its height and width are open");
  if (typeof batch === "number" && batch !== files.length) {
    throw refuse(
      `it takes ${batch} at a time, and there ${files.length === 1 ? "is 1" : `are ${files.length}`}`,
    );
  }
  return { channels, height, width, channelsLast, single: dims.length === 3 };
}
