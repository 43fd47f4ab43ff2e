import { readBytes } from "../../files/read-file.js";
import {
  noPicture,
  type PictureInput,
  pictureInput,
  preprocessingFor,
  withBatch,
  withChannelsLast,
} from "../../given/pictures.js";
import { decodeImage } from "../../images/decode.js";
import type { Pixels } from "../../images/pixels.js";
import { placementOf, prepareImage } from "../../images/prepare.js";
import { pictureSizes } from "../../ir/picture.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { Port, WireTensor } from "../../runtime/protocol.js";
import { isWireDType, toWire } from "../../runtime/tensor.js";
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
  const size = pictureInput(port, files[0] ?? "");
  const { channels, height, width, channelsLast, single } = size;
  const [batch] = withBatch(port.dims);
  if (typeof batch === "number" && batch !== files.length) {
    const given = files.length === 1 ? "is 1" : `are ${files.length}`;
    throw noPicture(files[0] ?? "", port, `it takes ${batch} at a time, and there ${given}`);
  }
  const dtype = isWireDType(port.dtype) ? port.dtype : "float32";
  const preprocessing = preprocessingFor({ ...port, dtype }, size, said);
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
function frameOf(picture: Pixels, size: PictureInput, preprocessing: Preprocessing): Frame {
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
