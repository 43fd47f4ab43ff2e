import { defined } from "../base/defined.js";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { randomStream } from "../base/random.js";
import { readBytes } from "../files/read-file.js";
import { openTensors } from "../files/tensors/open.js";
import { channelsLast, fits } from "../given/arrays.js";
import { type CalibrationSource, noImages, type PictureFiles, takenDims } from "../given/calibration.js";
import { withChannelsLast } from "../given/pictures.js";
import { decodeImage } from "../images/decode.js";
import { normalizeImage, placeImage } from "../images/prepare.js";
import type { Graph } from "../ir/graph.js";
import { type Dim, elementCount, sameDims } from "../ir/types.js";
import type { NumberTensor, Session } from "../runtime/session.js";
import { lendNumbers, type StoredTensor, type TensorSource } from "../weights/formats/tensor-source.js";
import { isFloating } from "../weights/names/match.js";
import { PIECE_ELEMENTS } from "../weights/values/elements.js";

/** Images that show what a network does, one after the other. */
export interface Calibration {
  /** As the user gave it. */
  readonly from: string;
  readonly images: number;
  /** Images that the network takes at once: 1, unless its batch is fixed. */
  readonly batch: number;
  /** Whether the network takes any number of images at once, by what it says of its input. */
  readonly takesMany: boolean;
  /**
   * The inputs of `batch` images from one on; after the last comes the first again. They are read or made anew each time. Where the
   * network's height and width are open each feed has its own.
   */
  feed(first: number): ReadonlyMap<string, NumberTensor>;
  /** The file that an image is of; undefined for random ones. */
  fileOf(image: number): string | undefined;
}

/** The input that is fed, and how images make it up. */
interface ImageInput {
  readonly name: string;
  readonly batch: number;
  /** Whether a feed has an axis for the batch before those of an image. */
  readonly isBatch: boolean;
  /** Whether its size is open. */
  readonly isOpen: boolean;
  /** The sizes of an image, those that are not given taken for some. */
  readonly image: readonly number[];
  /** The same with symbols for those that a file leaves open. */
  readonly declared: readonly Dim[];
}

/** An image that can be read again and again. */
interface Image {
  readonly dims: readonly number[];
  readonly file?: string;
  write(target: Float64Array): void;
}

/**
 * Opens calibration inputs for as long as `use` takes: .npy files of images [N, C, H, W] (or one of [C, H, W]), archives of such,
 * pictures, prepared as the source says, or N images of N(0, 1).
 *
 * Errors: `InputError` for each file that can't be read, is not of the network's input shape, holds other than floating-point
 * numbers, or one that is not finite; and where there is no image at all.
 */
export async function withCalibration<T>(
  source: CalibrationSource,
  graph: Graph,
  seed: number,
  use: (calibration: Calibration) => Promise<T>,
): Promise<T> {
  const { from, given } = source;
  const input = imageInput(source, graph);
  switch (given.kind) {
    case "random":
      return await use(feeding(from, input, randomImages(given.images, input, seed)));
    case "pictures":
      return await use(feeding(from, input, await preparedImages(given, input)));
    case "arrays":
      return await withArrays(given.files, async (sources, problems) =>
        use(feeding(from, input, storedImages(sources, problems, input))),
      );
  }
}

/** Runs a model on the images from one on. Errors: what ONNX Runtime refuses names the file. */
export async function runFeed(
  session: Session,
  { batch, feed, fileOf }: Calibration,
  first: number,
): Promise<ReadonlyMap<string, NumberTensor>> {
  try {
    return await session.run(feed(first));
  } catch (error) {
    const file = fileOf(first);
    if (!(error instanceof InputError) || file === undefined) throw error;
    const sizes = [...feed(first).values()].map(({ dims }) => `[${dims.join(", ")}]`).join(", ");
    const more = batch === 1 ? "" : ` and the ${batch - 1} images after it`;
    throw new InputError(
      error.diagnostics.map((each) => ({
        ...each,
        file,
        message: `${sizes}${more}: ${each.message}`,
      })),
    );
  }
}

/**
 * The first size of an input is its batch where it is open or 1, or where the outputs have it too. Else the input is one
 * image without a batch.
 */
function imageInput(source: CalibrationSource, graph: Graph): ImageInput {
  const { input, declared } = source;
  const [batch = 1, ...image] = takenDims(source);
  const isBatch = batch === 1 || graph.outputs.every((output) => output.type.dims[0] === batch);
  const isOpen = typeof declared[0] === "string";
  return isBatch
    ? { name: input.name, isBatch, isOpen, batch, image, declared: declared.slice(1) }
    : { name: input.name, isBatch, isOpen: false, batch: 1, image: [batch, ...image], declared };
}

/** Feeds of images that are written into an array one after the other. Errors: as of `refuseSeveralSizes`, and without an image. */
function feeding(from: string, input: ImageInput, images: readonly Image[]): Calibration {
  if (images.length === 0) {
    throw InputError.of("calibrate/empty", `${from} has no image: its first size is 0`, { file: from });
  }
  refuseSeveralSizes(from, input, images);
  const { name, batch, isBatch, isOpen } = input;
  const imageAt = (index: number): Image => images[index % images.length] as Image;
  return {
    from,
    images: images.length,
    batch,
    takesMany: isOpen,
    feed(first) {
      const { dims } = imageAt(first);
      const size = elementCount(dims);
      const data = new Float64Array(batch * size);
      for (let i = 0; i < batch; i++) imageAt(first + i).write(data.subarray(i * size, (i + 1) * size));
      return new Map([[name, { dims: isBatch ? [batch, ...dims] : dims, data: Float32Array.from(data) }]]);
    },
    fileOf: (image) => imageAt(image).file,
  };
}

/** Images that a network takes at once are of one size. */
function refuseSeveralSizes(from: string, { batch }: ImageInput, images: readonly Image[]): void {
  const [first] = images;
  const other = images.find(({ dims }) => !sameDims(dims, first?.dims ?? []));
  if (batch === 1 || other === undefined) return;
  throw InputError.of(
    "calibrate/shape",
    `the network takes ${batch} images at a time, so all must be of one size; there are [${first?.dims.join(", ")}] and [${other.dims.join(", ")}]`,
    { file: other.file ?? from },
  );
}

function randomImages(images: number, { image }: ImageInput, seed: number): readonly Image[] {
  return Array.from({ length: images }, (_, index) => ({
    dims: image,
    write: (target) => randomStream(seed, `calibrate:${index}`).fillNormal(target, 1),
  }));
}

/**
 * Pictures as the network takes them. They are held as bytes, and normalised when they are read.
 *
 * Errors: `InputError` with each file that can't be decoded.
 */
async function preparedImages(
  { files, input, preprocessing }: PictureFiles,
  { image }: ImageInput,
): Promise<readonly Image[]> {
  const problems: Diagnostic[] = [];
  const images: Image[] = [];
  for (const file of files) {
    try {
      const placed = placeImage(await decodeImage(file, readBytes(file)), input, preprocessing);
      images.push({
        ...{ dims: image, file },
        write(target) {
          const numbers = normalizeImage(placed, input, preprocessing);
          target.set(input.channelsLast ? withChannelsLast(numbers, input.channels) : numbers);
        },
      });
    } catch (error) {
      problems.push(...diagnosticsOf(error));
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return images;
}

/** Does something with files of arrays, and with what is wrong with those that can't be opened. */
async function withArrays<T>(
  files: readonly string[],
  use: (sources: readonly TensorSource[], problems: readonly Diagnostic[]) => Promise<T>,
): Promise<T> {
  const sources: TensorSource[] = [];
  const problems: Diagnostic[] = [];
  try {
    for (const file of files) {
      try {
        sources.push(openArrays(file));
      } catch (error) {
        problems.push(...diagnosticsOf(error));
      }
    }
    return await use(sources, problems);
  } finally {
    for (const source of sources) source.close();
  }
}

/** What is wrong with an input. Throws what is a defect. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof InputError) return error.diagnostics;
  throw error;
}

function openArrays(file: string): TensorSource {
  const source = openTensors(file);
  if (source.format === "npy" || source.format === "npz") return source;
  source.close();
  throw noImages(file);
}

/** The images of arrays that fit, compared with the input one after the other; every problem at once. */
function storedImages(
  sources: readonly TensorSource[],
  unreadable: readonly Diagnostic[],
  { declared }: ImageInput,
): readonly Image[] {
  const images: Image[] = [];
  const problems = [...unreadable];
  for (const { file, format, tensors } of sources) {
    for (const tensor of tensors.values()) {
      const which = format === "npz" ? `its array ${tensor.name}` : "its array";
      const problem = misfit(which, tensor, declared) ?? notFinite(tensor, file);
      if (problem === undefined) images.push(...imagesIn(tensor, file, declared.length));
      else problems.push({ ...problem, file });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return images;
}

/** The images of an array, of which the last `axes` sizes are those of one. */
function imagesIn(tensor: StoredTensor, file: string, axes: number): readonly Image[] {
  const dims = tensor.dims.slice(tensor.dims.length - axes);
  const [size, numbers] = [elementCount(dims), lendNumbers(tensor, file)];
  return Array.from({ length: numbers.length / size }, (_, i) => ({
    ...{ dims, file },
    write: (target) => numbers.copyTo(target, i * size),
  }));
}

function misfit(which: string, { dims, dtype }: StoredTensor, image: readonly Dim[]): Diagnostic | undefined {
  // The first size of several may be 0.
  const rest = dims.length === image.length ? dims : dims.slice(1);
  if (dims.length > image.length + 1 || !fits(rest, image)) {
    const all = ["N", ...image];
    return {
      code: "calibrate/shape",
      message: `${which} is [${dims.join(", ")}]; the network takes images [${all.join(", ")}]`,
      ...defined({ hint: channelsLast(dims, all) }),
    };
  }
  if (isFloating(dtype)) return undefined;
  return {
    code: "calibrate/dtype",
    message: `${which} has elements of ${dtype}; the network takes floating-point numbers`,
    hint: "scale images as in training (mean, deviation) before np.save",
  };
}

function notFinite(tensor: StoredTensor, file: string): Diagnostic | undefined {
  const numbers = lendNumbers(tensor, file);
  for (let start = 0; start < numbers.length; start += PIECE_ELEMENTS) {
    const piece = new Float64Array(Math.min(PIECE_ELEMENTS, numbers.length - start));
    numbers.copyTo(piece, start);
    const bad = piece.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    return {
      code: "calibrate/not-finite",
      message: `element ${start + bad} (row by row) is ${piece[bad]}; calibration takes finite numbers`,
    };
  }
  return undefined;
}
