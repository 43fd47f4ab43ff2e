import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { holdsArrays, readArray } from "../../given/arrays.js";
import type { Preprocessing } from "../../language/preprocessing.js";
import type { WireTensor } from "../../runtime/protocol.js";
import { readImages, type ShownPicture } from "./images.js";
import { namedFiles } from "./named-files.js";
import type { SizedPort } from "./sized-ports.js";

/** An input of a model, and the files that it was read from. */
export interface GivenInput {
  readonly name: string;
  readonly tensor: WireTensor;
  readonly files: readonly string[];
  /** What was done to images. Undefined for an array, which goes in as it is. */
  readonly preprocessing: Preprocessing | undefined;
  /** The picture that it shows, where there is one alone. */
  readonly shown?: ShownPicture | undefined;
  /** On sizes that images were made for without being asked. */
  readonly notes: readonly Diagnostic[];
}

/**
 * Reads a model's inputs: an .npy or .npz file, or one or several images, for each.
 *
 * Errors: `InputError` with everything that is wrong with any of them.
 *
 * @param texts `FILE` or `NAME=FILE`; an .npz file without a name is for all inputs that it has arrays for
 * @param said what the model says of images
 */
export async function readInputs(
  texts: readonly string[],
  ports: readonly SizedPort[],
  said: Preprocessing | undefined,
): Promise<readonly GivenInput[]> {
  const names = ports.map(({ name }) => name);
  const archive = ports.length > 1 && texts.length === 1 ? texts[0] : undefined;
  const named =
    archive !== undefined &&
    !names.some((name) => archive.startsWith(`${name}=`)) &&
    holdsArrays(archive) === "npz"
      ? names.map((name) => ({ name, files: [archive] }))
      : namedFiles(texts, "input", names);
  const diagnostics: Diagnostic[] = [];
  const given: GivenInput[] = [];
  for (const port of ports) {
    const files = named.find(({ name }) => name === port.name)?.files ?? [];
    try {
      given.push(await readInput(files, port, said));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      diagnostics.push(...error.diagnostics);
    }
  }
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  return given;
}

async function readInput(
  files: readonly string[],
  port: SizedPort,
  said: Preprocessing | undefined,
): Promise<GivenInput> {
  const { name } = port;
  const [first] = files;
  if (first === undefined) {
    throw InputError.of("run/no-input", `nothing is given for the input ${name} [${port.dims.join(", ")}]`, {
      hint: `--input ${name}=x.npy`,
    });
  }
  const arrays = files.filter((file) => holdsArrays(file) !== undefined);
  if (arrays.length === 0) {
    const batch = await readImages(files, { ...port, dims: port.imageDims }, said);
    return { name, files, notes: port.notes, ...batch };
  }
  if (files.length > 1) {
    throw InputError.of("run/several", `several files are given for the input ${name}: ${files.join(", ")}`, {
      hint: "images make a batch; arrays have theirs in one file: np.concatenate",
    });
  }
  return { name, tensor: readArray(first, port), files, preprocessing: undefined, notes: [] };
}
