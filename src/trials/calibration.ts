import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { randomStream } from "../base/random.js";
import { openTensors } from "../files/tensors/open.js";
import type { Graph, GraphInput } from "../ir/graph.js";
import { concreteDims, elementCount, sameDims } from "../ir/types.js";
import type { NumberTensor } from "../runtime/session.js";
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
  /** The inputs of `batch` images from one on; after the last comes the first again. They are read or made anew each time. */
  feed(first: number): ReadonlyMap<string, NumberTensor>;
}

/** The input that is fed, and how images make it up. */
interface ImageInput {
  readonly name: string;
  readonly batch: number;
  /** The sizes of an image. */
  readonly image: readonly number[];
  /** Those of a feed. */
  readonly dims: readonly number[];
}

/** More images than this are a mistake in the flag; a calibration settles with some dozens. */
const MOST_RANDOM = 65_536;

/**
 * Opens calibration inputs for as long as `use` takes: an .npy file of images [N, C, H, W] (or one of [C, H, W]), a folder of such,
 * taken in the order of their names, or `random:N`, N images of N(0, 1).
 *
 * Errors: `InputError` for each file that can't be read, is not of the network's input shape, holds other than floating-point
 * numbers, or one that is not finite; and where there is no image at all.
 */
export async function withCalibration<T>(
  from: string,
  graph: Graph,
  seed: number,
  use: (calibration: Calibration) => Promise<T>,
): Promise<T> {
  const input = imageInput(graph);
  const random = /^random(?::(.*))?$/.exec(from);
  if (random !== null) return await use(randomImages(from, random[1], input, seed));
  const sources: TensorSource[] = [];
  try {
    const problems = filesOf(from).flatMap((file) => diagnosticsOf(() => sources.push(openArray(file))));
    return await use(storedImages(from, sources, problems, input));
  } finally {
    for (const source of sources) source.close();
  }
}

function onlyInput({ inputs }: Graph): GraphInput {
  const [input] = inputs;
  if (input !== undefined && inputs.length === 1) return input;
  throw InputError.of("calibrate/inputs", `the network has ${inputs.length} inputs; calibration feeds one`);
}

/**
 * The first size of an input is its batch where it is open or 1, or where the outputs have it too. Else the input is one
 * image without a batch.
 */
function imageInput(graph: Graph): ImageInput {
  const { name, type } = onlyInput(graph);
  const dims = concreteDims(type.dims);
  const [batch = 1, ...image] = dims;
  const isBatch = batch === 1 || graph.outputs.every((output) => output.type.dims[0] === batch);
  return isBatch ? { name, batch, image, dims } : { name, batch: 1, image: dims, dims };
}

/** Feeds of images that are written into an array one after the other. */
function feeding(
  { name, batch, image, dims }: ImageInput,
  images: number,
  write: (index: number, target: Float64Array) => void,
): Pick<Calibration, "images" | "batch" | "feed"> {
  const size = elementCount(image);
  return {
    images,
    batch,
    feed(first) {
      const data = new Float64Array(batch * size);
      for (let i = 0; i < batch; i++) write((first + i) % images, data.subarray(i * size, (i + 1) * size));
      return new Map([[name, { dims, data: Float32Array.from(data) }]]);
    },
  };
}

function randomImages(from: string, given: string | undefined, input: ImageInput, seed: number): Calibration {
  const images = Number(given);
  if (!/^\d+$/.test(given ?? "") || images < 1 || images > MOST_RANDOM) {
    throw InputError.of(
      "calibrate/random",
      `--calibrate ${from}: random:N takes a number of images from 1 to ${MOST_RANDOM}`,
      { hint: "random:16" },
    );
  }
  const write = (index: number, target: Float64Array): void => {
    randomStream(seed, `calibrate:${index}`).fillNormal(target, 1);
  };
  return { from, ...feeding(input, images, write) };
}

/** The files that a path stands for, at least one. */
function filesOf(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const files = readdirSync(path).filter((name) => name.endsWith(".npy"));
  if (files.length > 0) return files.sort().map((name) => join(path, name));
  throw InputError.of("calibrate/empty", `${path} has no .npy file to calibrate with`, {
    file: path,
    hint: "np.save one array of [N, C, H, W], or one for each image; random:16 takes random images",
  });
}

/** What keeps `work` from succeeding; nothing if it does. */
function diagnosticsOf(work: () => void): readonly Diagnostic[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
}

function openArray(file: string): TensorSource {
  const source = openTensors(file);
  if (source.format === "npy") return source;
  source.close();
  throw InputError.of("calibrate/format", `${file} is no .npy file: calibration takes arrays of images`, {
    file,
    hint: "--calibrate takes an .npy file, a folder of such, or random:N",
  });
}

/** The images of arrays that fit, compared with the input one after the other; every problem at once. */
function storedImages(
  from: string,
  sources: readonly TensorSource[],
  unreadable: readonly Diagnostic[],
  input: ImageInput,
): Calibration {
  const { image } = input;
  const size = elementCount(image);
  const images: { read(target: Float64Array): void }[] = [];
  const problems = [...unreadable];
  for (const { file, tensors } of sources) {
    for (const tensor of tensors.values()) {
      const problem = misfit(tensor, image) ?? notFinite(tensor, file);
      if (problem !== undefined) {
        problems.push({ ...problem, file });
        continue;
      }
      const numbers = lendNumbers(tensor, file);
      for (let start = 0; start < numbers.length; start += size) {
        images.push({ read: (target) => numbers.copyTo(target, start) });
      }
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  if (images.length === 0) {
    throw InputError.of("calibrate/empty", `${from} holds no image: its first size is 0`, { file: from });
  }
  return { from, ...feeding(input, images.length, (index, target) => images[index]?.read(target)) };
}

function misfit({ dims, dtype }: StoredTensor, image: readonly number[]): Diagnostic | undefined {
  const rest = dims.length === image.length ? dims : dims.slice(1);
  if (dims.length > image.length + 1 || !sameDims(rest, image)) {
    return {
      code: "calibrate/shape",
      message: `its array is [${dims.join(", ")}]; the network takes images [N, ${image.join(", ")}]`,
    };
  }
  if (isFloating(dtype)) return undefined;
  return {
    code: "calibrate/dtype",
    message: `its elements are ${dtype}; the network takes floating-point numbers`,
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
