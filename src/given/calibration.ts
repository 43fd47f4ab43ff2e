import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../base/diagnostic.js";
import type { GraphInput } from "../ir/graph.js";
import { concreteDims, type Dim, elementCount } from "../ir/types.js";
import type { Preprocessing } from "../language/preprocessing.js";
import { holdsArrays } from "./arrays.js";
import { type PictureInput, pictureInput, preprocessingFor, preprocessingIn } from "./pictures.js";
import { defaultPreprocessingNote } from "./preprocessing-note.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** What a user says of the inputs to calibrate with. */
export interface CalibrateOptions {
  /** A file or folder of arrays or pictures, or `random:N`. */
  readonly calibrate?: string | undefined;
  /** A spec with the preprocessing of pictures, instead of the model's own. */
  readonly preprocessing?: string | undefined;
}

/** The network that is calibrated. */
interface CalibratedModel {
  /** As the user calls it. */
  readonly file: string;
  /** With numbers for all sizes but the batch. */
  readonly inputs: readonly GraphInput[];
  /** As the file declares them, open sizes as symbols; left out, none but the batch is open. */
  readonly declared?: readonly GraphInput[] | undefined;
  /** How it takes pictures; undefined where it does not say. Called where there are some. */
  says(): Preprocessing | undefined;
}

/** Inputs to calibrate with that were looked for, and not read. */
export interface CalibrationSource {
  /** As the user gave them. */
  readonly from: string;
  readonly input: GraphInput;
  /** The sizes of the input as the file declares them. An array may have any where they are symbols. */
  readonly declared: readonly Dim[];
  readonly given: RandomImages | ArrayFiles | PictureFiles;
  /** What a reader should know of them. */
  readonly notes: readonly string[];
}

interface RandomImages {
  readonly kind: "random";
  readonly images: number;
}

interface ArrayFiles {
  readonly kind: "arrays";
  readonly files: readonly string[];
}

/** Files of pictures, and what is done to them. */
export interface PictureFiles {
  readonly kind: "pictures";
  readonly files: readonly string[];
  readonly input: PictureInput;
  readonly preprocessing: Preprocessing;
}

/** More images than this are a mistake in the flag; a calibration settles with some dozens. */
const MOST_RANDOM = 65_536;

/** Bytes of prepared pictures, which are held in memory. */
const MOST_PICTURE_BYTES = 2 ** 30;

/**
 * Looks for the inputs that `--calibrate` names; undefined without it.
 *
 * Errors: `InputError` for a network of several inputs, where there is no file or there are files of both kinds, where
 * no picture fits the input, and for a `--preprocessing` that nothing is prepared by.
 */
export function givenCalibration(
  options: CalibrateOptions,
  model: CalibratedModel,
): CalibrationSource | undefined {
  const { calibrate: from } = options;
  const found = from === undefined ? undefined : filesOf(from);
  refuseUnusedFlags({ "no picture": found?.kind !== "pictures" }, options);
  if (from === undefined || found === undefined) return undefined;
  const input = onlyInput(model.inputs);
  const declared = model.declared?.find(({ name }) => name === input.name)?.type.dims ?? input.type.dims;
  if (found.kind !== "pictures") return { from, input, declared, given: found, notes: [] };
  const said = options.preprocessing === undefined ? model.says() : preprocessingIn(options.preprocessing);
  const given = preparedFiles(from, found.files, input, said);
  const notes = said === undefined ? [defaultPreprocessingNote(model.file, given.preprocessing)] : [];
  return { from, input, declared, given, notes };
}

function onlyInput(inputs: readonly GraphInput[]): GraphInput {
  const [input] = inputs;
  if (input !== undefined && inputs.length === 1) return input;
  throw InputError.of("calibrate/inputs", `the network has ${inputs.length} inputs; calibration feeds one`);
}

function preparedFiles(
  from: string,
  files: readonly string[],
  { name, type: { dims, dtype } }: GraphInput,
  said: Preprocessing | undefined,
): PictureFiles {
  const input = pictureInput({ name, dims }, files[0] ?? from);
  const bytes = files.length * elementCount([input.channels, input.height, input.width]);
  if (bytes > MOST_PICTURE_BYTES) {
    throw InputError.of(
      "calibrate/too-many",
      `${from} has ${files.length} pictures, which are more than a gigabyte once they are prepared`,
      { file: from, hint: "some dozens are enough; a folder of fewer" },
    );
  }
  const preprocessing = preprocessingFor({ name, dtype }, input, said);
  return { kind: "pictures", files, input, preprocessing };
}

/** Files of one kind, at least one. */
type FoundFiles = ArrayFiles | Pick<PictureFiles, "kind" | "files">;

const ARRAY_NAME = /\.np[yz]$/i;
/** Pictures that can't be decoded, as .bmp, are among them: so that this is said. */
const PICTURE_NAME = /\.(png|jpe?g|jfif|webp|gif|tiff?|avif|bmp|heic|heif)$/i;
const MODEL_NAME = /\.(safetensors|pt|pth|ckpt|bin|onnx|json)$/i;

const HINT = "--calibrate takes an .npy file, a picture, a folder of either, or random:16";

/** What a text stands for. */
function filesOf(from: string): RandomImages | FoundFiles {
  const random = /^random(?::(.*))?$/.exec(from);
  if (random !== null) return randomImages(from, random[1]);
  if (statSync(from, { throwIfNoEntry: false })?.isDirectory()) return filesIn(from);
  if (holdsArrays(from) !== undefined || ARRAY_NAME.test(from)) return { kind: "arrays", files: [from] };
  if (MODEL_NAME.test(from)) throw noImages(from);
  return { kind: "pictures", files: [from] };
}

/** Errors of a file of tensors that are no images. */
export function noImages(file: string): InputError {
  return InputError.of("calibrate/format", `${file} has no images: calibration takes arrays or pictures`, {
    file,
    hint: HINT,
  });
}

function randomImages(from: string, given: string | undefined): RandomImages {
  const images = Number(given);
  if (/^\d+$/.test(given ?? "") && images >= 1 && images <= MOST_RANDOM) return { kind: "random", images };
  throw InputError.of(
    "calibrate/random",
    `--calibrate ${from}: random:N takes a number of images from 1 to ${MOST_RANDOM}`,
    { hint: "random:16" },
  );
}

/** The files of a folder by their names, in that order; those that are no arrays or pictures are left out, and hidden ones. */
function filesIn(folder: string): FoundFiles {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();
  const [arrays, pictures] = [ARRAY_NAME, PICTURE_NAME].map((pattern) =>
    names.filter((name) => pattern.test(name)),
  ) as [string[], string[]];
  const [array, picture] = [arrays[0], pictures[0]];
  if (array !== undefined && picture !== undefined) {
    throw InputError.of(
      "calibrate/mixed",
      `${folder} has arrays and pictures, as ${array} and ${picture}; calibration takes one kind at a time`,
      { file: folder, hint: "a folder for each" },
    );
  }
  if (array === undefined && picture === undefined) {
    throw InputError.of("calibrate/empty", `${folder} has no .npy file and no picture to calibrate with`, {
      file: folder,
      hint: "folders within it are not looked into; np.save makes one array of [N, C, H, W], or one for each image; random:16 takes random images",
    });
  }
  const of = (files: readonly string[]): readonly string[] => files.map((name) => join(folder, name));
  return array === undefined
    ? { kind: "pictures", files: of(pictures) }
    : { kind: "arrays", files: of(arrays) };
}

/** The sizes of the input with numbers for all: 1 for an open batch. */
export function takenDims({ input }: CalibrationSource): readonly number[] {
  return concreteDims(input.type.dims);
}
