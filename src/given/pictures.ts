import { InputError } from "../base/diagnostic.js";
import { loadSpec } from "../files/spec-files.js";
import type { ImageSize } from "../images/prepare.js";
import { pictureSizes } from "../ir/picture.js";
import { defaultPreprocessing, type Preprocessing } from "../language/preprocessing.js";
import type { Port } from "../runtime/protocol.js";

/** The sizes of an input that takes pictures. */
export interface PictureInput extends ImageSize {
  readonly channelsLast: boolean;
  /** Whether it takes pictures one by one, without an axis for a batch: as torchvision's detectors do. */
  readonly single: boolean;
}

/** The sizes of pictures in an input. Errors: `InputError` for an input that no picture fits, which names the file. */
export function pictureInput({ name, dims }: Pick<Port, "name" | "dims">, file: string): PictureInput {
  const refuse = (why: string): InputError => noPicture(file, { name, dims }, why);
  const picture = pictureSizes(withBatch(dims));
  if (picture === undefined) throw refuse("it is no batch of images");
  const { channels, height, width, channelsLast } = picture;
  if (channels !== 1 && channels !== 3) throw refuse("an image has 1 or 3 channels");
  if (typeof height !== "number" || typeof width !== "number") throw refuse("its height and width are open");
  return { channels, height, width, channelsLast, single: dims.length === 3 };
}

export function noPicture(
  file: string,
  { name, dims }: Pick<Port, "name" | "dims">,
  why: string,
): InputError {
  return InputError.of(
    "run/no-image",
    `${file} can't be given to the input ${name} [${dims.join(", ")}]: ${why}`,
    {
      hint: "images go to an input [batch, 1 or 3, height, width] or [batch, height, width, 1 or 3], or to one without a batch; all others take .npy files",
    },
  );
}

/** The sizes of an input with those of a batch, if it has three axes: pictures go in one by one. */
export function withBatch<D extends number | string>(dims: readonly D[]): readonly (D | 1)[] {
  return dims.length === 3 ? [1, ...dims] : dims;
}

/**
 * What is done to pictures for an input: what the model, or the spec given for it, says; else the default for its channels, and for
 * bytes the pixels as they are. Errors: `InputError` for what is said of another number of channels.
 */
export function preprocessingFor(
  { name, dtype }: Pick<Port, "name" | "dtype">,
  { channels }: PictureInput,
  said: Preprocessing | undefined,
): Preprocessing {
  if (said === undefined) return usualPreprocessing(channels, /^b?float\d/.test(dtype));
  if (said.mean.length === channels) return said;
  throw InputError.of(
    "run/preprocessing",
    `the model's preprocessing is for ${said.mean.length} channels, its input ${name} has ${channels}`,
  );
}

/** What a spec says of images. Errors: `InputError` for one of signals. */
export function preprocessingIn(spec: string): Preprocessing {
  const { preprocessing } = loadSpec(spec).resolved;
  if (preprocessing !== undefined) return preprocessing;
  throw InputError.of("run/no-image", `${spec} is a network of signals, and has no settings for images`, {
    file: spec,
  });
}

/** The default; whole numbers are the pixels themselves, from 0 to 255: what is normalised would be rounded away. */
function usualPreprocessing(channels: number, isNormalised: boolean): Preprocessing {
  const usual = defaultPreprocessing(channels);
  if (isNormalised) return usual;
  return { ...usual, mean: usual.mean.map(() => 0), std: usual.std.map(() => 1 / 255) };
}

/** [C, H, W] as [H, W, C] */
export function withChannelsLast(image: Float32Array, channels: number): Float32Array {
  const pixels = image.length / channels;
  return image.map((_, i) => image[(i % channels) * pixels + Math.floor(i / channels)] as number);
}
