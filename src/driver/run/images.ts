import { InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { decodeImage } from "../../images/decode.js";
import { type ImageSize, prepareImage } from "../../images/prepare.js";
import { defaultPreprocessing, type Preprocessing } from "../../language/preprocessing.js";
import type { Port } from "../../runtime/protocol.js";
import type { FloatTensor } from "../../runtime/session.js";

/** A batch of images, and what was done to them. */
export interface ImageBatch extends FloatTensor {
  readonly preprocessing: Preprocessing;
}

/**
 * Picture files as one batch of an input, in their order.
 *
 * Errors: `InputError` for an input that no picture fits, and where a file is none or can't be decoded.
 *
 * @param said what the model says of it; else the default for its channels is taken
 */
export async function readImages(
  files: readonly string[],
  port: Port,
  said: Preprocessing | undefined,
): Promise<ImageBatch> {
  const size = imageSize(port, files);
  const preprocessing = said ?? defaultPreprocessing(size.channels);
  if (preprocessing.mean.length !== size.channels) {
    throw InputError.of(
      "run/preprocessing",
      `the model's preprocessing is for ${preprocessing.mean.length} channels, its input ${port.name} has ${size.channels}`,
    );
  }
  const imageElements = size.channels * size.height * size.width;
  const data = new Float32Array(files.length * imageElements);
  for (const [i, file] of files.entries()) {
    const picture = await decodeImage(file, readBytes(file));
    data.set(prepareImage(picture, size, preprocessing), i * imageElements);
  }
  return { dims: [files.length, size.channels, size.height, size.width], data, preprocessing };
}

/** The image that an input [batch, channels, height, width] takes. */
function imageSize({ name, dims }: Port, files: readonly string[]): ImageSize {
  const refuse = (why: string): InputError =>
    InputError.of(
      "run/no-image",
      `${files[0]} can't be given to the input ${name} [${dims.join(", ")}]: ${why}`,
      {
        hint: "images go to an input [batch, 1 or 3, height, width]; all others take .npy files",
      },
    );
  const [batch, channels, height, width] = dims;
  if (dims.length !== 4 || batch === undefined) throw refuse("it is no batch of images");
  if (channels !== 1 && channels !== 3) throw refuse("an image has 1 or 3 channels");
  if (typeof height !== "number" || typeof width !== "number") throw refuse("its height and width are open");
  if (typeof batch === "number" && batch !== files.length) {
    throw refuse(
      `it takes ${batch} at a time, and there ${files.length === 1 ? "is 1" : `are ${files.length}`}`,
    );
  }
  return { channels, height, width };
}
