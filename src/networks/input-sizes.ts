import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { pictureSizes } from "../ir/picture.js";
import type { Dim } from "../ir/types.js";
import type { Sizes } from "../onnx/file/value-info.js";

/** What a user says of the sizes that a file leaves open. */
export interface SizeOptions {
  /** All sizes of an input, by its name: `x=1x3x320x320`. */
  readonly inputShapes?: readonly string[] | undefined;
  /** Height and width of pictures, if they are dynamic. */
  readonly resolution?: number | undefined;
}

/** An input as a file declares it; open sizes are symbols. */
export interface DeclaredInput {
  readonly name: string;
  readonly dims: readonly Dim[];
}

/** Numbers for open sizes. */
export interface TakenSizes {
  readonly sizes: Sizes;
  /** The symbols that have no numbers yet. */
  readonly assumed: readonly string[];
  /** Whether a height or width is the resolution that was asked for. */
  readonly usesResolution: boolean;
  /** One on each input with an assumed size, by the input's name. */
  readonly noteOf: ReadonlyMap<string, Diagnostic>;
  /** All of them. */
  readonly notes: readonly Diagnostic[];
}

/** The height and width that open ones are taken for: those that networks of images take. */
export const ASSUMED_SIDE = 224;

/** What an open number of channels is taken for. */
const ASSUMED_CHANNELS = 3;

/** What any other open size is taken for, as the length of a sequence. */
const ASSUMED_LENGTH = 64;

/**
 * Takes numbers for the open sizes of a file's inputs: those that are given, then the resolution or 224 for heights and widths, 3 for
 * channels of pictures, 64 for what else is open, as the lengths of sequences. A batch stays open unless it is given. `only` maps:
 * other sizes without a given number stay open too.
 *
 * Errors: `InputError` with all that is wrong with the given shapes.
 */
export function takenSizes(
  inputs: readonly DeclaredInput[],
  file: string,
  { inputShapes = [], resolution }: SizeOptions,
  only: "maps" | "all" = "all",
): TakenSizes {
  const given = givenSizes(inputs, file, inputShapes);
  const batches = batchSymbols(inputs);
  const sizes = new Map(given);
  const assumed = new Set<string>();
  let usesResolution = false;
  for (const { dims } of inputs) {
    const picture = pictureSizes(dims);
    for (const [axis, dim] of dims.entries()) {
      if (typeof dim === "number" || sizes.has(dim) || batches.has(dim)) continue;
      const isSide = axis > 0 && (dim === picture?.height || dim === picture?.width);
      if (only === "maps" && !isSide) continue;
      const isChannels = picture !== undefined && axis > 0 && !isSide;
      sizes.set(dim, isSide ? (resolution ?? ASSUMED_SIDE) : isChannels ? ASSUMED_CHANNELS : ASSUMED_LENGTH);
      if (isSide && resolution !== undefined) usesResolution = true;
      else assumed.add(dim);
    }
  }
  const taken = Object.fromEntries(sizes);
  const noteOf = new Map(
    inputs
      .filter(({ dims }) => dims.some((dim) => typeof dim === "string" && assumed.has(dim)))
      .map((input) => [input.name, assumption(input, taken, file)]),
  );
  return { sizes: taken, assumed: [...assumed], usesResolution, noteOf, notes: [...noteOf.values()] };
}

/** Sizes with numbers for the symbols that have one. */
export function withSizes(dims: readonly Dim[], sizes: Sizes): readonly Dim[] {
  return dims.map((dim) =>
    typeof dim === "string" && Object.hasOwn(sizes, dim) ? (sizes[dim] as number) : dim,
  );
}

/** How much larger other sizes are than those that were taken. */
const MORE = 96;

/** Other numbers for the sizes that were taken, but for the channels of pictures, of which weights know the number. */
export function otherSizes(inputs: readonly DeclaredInput[], sizes: Sizes): Sizes {
  const channels = inputs.flatMap(({ dims }) => pictureSizes(dims)?.channels ?? []);
  return Object.fromEntries(
    Object.entries(sizes).map(([symbol, size]) => [symbol, channels.includes(symbol) ? size : size + MORE]),
  );
}

/** What may be wrong with the sizes of inputs alone. */
const AT_SIZES: ReadonlySet<string> = new Set(["run/failed", "verify/no-reference"]);

/** Does something with assumed sizes. Errors: what fails then may be wrong with the sizes, which is said. */
export async function hintingAt<T>({ notes }: Pick<TakenSizes, "notes">, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const failed = error instanceof InputError && error.diagnostics.every(({ code }) => AT_SIZES.has(code));
    if (!failed) throw error;
    const assumed = notes.filter(({ code }) => code === "onnx/assumed-size");
    if (assumed.length === 0) throw error;
    const hint = assumed.map((note) => `${note.message}; ${note.hint}`).join("; ");
    throw new InputError(error.diagnostics.map((each) => ({ ...each, hint })));
  }
}

function assumption({ name, dims }: DeclaredInput, sizes: Sizes, file: string): Diagnostic {
  const sized = withSizes(dims, sizes);
  const shape = sized.filter((dim, axis) => axis > 0 || typeof dim === "number").join("x");
  const whole = sized.map((dim) => (typeof dim === "number" ? dim : 1)).join("x");
  return {
    code: "onnx/assumed-size",
    message: `sizes of the input ${name} are open ([${dims.join(", ")}]); they are taken for ${shape}`,
    file,
    hint: `--input-shape ${name}=${whole} gives others`,
  };
}

/** Names of symbols that say nothing: the decoder's own, and those that exporters number. */
const SAYS_NOTHING = /^unk_|dyn|^\?$|^[su]\d+$/i;

const MEANS_BATCH = /batch|^(n|b|bs)$/i;

/**
 * The symbols that are the batch: the first size of the first picture, or else of the input of the highest rank. The first size of
 * another input is the batch too where it has the same symbol, one that is named so, or, next to an open batch, one that says nothing.
 */
function batchSymbols(inputs: readonly DeclaredInput[]): ReadonlySet<Dim> {
  const rank = Math.max(0, ...inputs.map(({ dims }) => dims.length));
  const main =
    inputs.find(({ dims }) => dims.length === 4) ?? inputs.find(({ dims }) => dims.length === rank);
  const [first] = main?.dims ?? [];
  const found = new Set<Dim>(typeof first === "string" ? [first] : []);
  for (const { name, dims } of inputs) {
    const [symbol] = dims;
    if (typeof symbol !== "string") continue;
    const saysNothing = SAYS_NOTHING.test(symbol) || symbol === `${name}_0`;
    if (MEANS_BATCH.test(symbol) || (saysNothing && found.size > 0)) found.add(symbol);
  }
  return found;
}

/** The numbers that shapes give to symbols. */
function givenSizes(
  inputs: readonly DeclaredInput[],
  file: string,
  texts: readonly string[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const problems: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const text of texts) {
    const { name, shape } = parsedShape(text, inputs);
    const input = inputs.find((each) => each.name === name);
    const problem =
      input === undefined
        ? unknownInput(text, name, inputs)
        : seen.has(input.name)
          ? `--input-shape gives the input ${input.name} twice`
          : misfit(text, shape, input, sizes);
    if (input !== undefined) seen.add(input.name);
    if (problem !== undefined) {
      problems.push(
        typeof problem === "string" ? { code: "flag/input-shape", message: problem, file } : problem,
      );
      continue;
    }
    input?.dims.forEach((dim, axis) => {
      if (typeof dim === "string") sizes.set(dim, shape?.[axis] ?? 1);
    });
  }
  if (problems.length > 0) throw new InputError(problems);
  return sizes;
}

const MOST_ELEMENTS = 2 ** 31;

/** `x=1x3x320x320`, or without the name where there is one input. Names may have "=" in them; undefined for what is no shape. */
function parsedShape(
  text: string,
  inputs: readonly DeclaredInput[],
): { readonly name: string | undefined; readonly shape: readonly number[] | undefined } {
  const at = text.lastIndexOf("=");
  const only = inputs.length === 1 ? inputs[0]?.name : undefined;
  const name = at < 0 ? only : text.slice(0, at);
  const written = text.slice(at + 1).trim();
  // A number alone has no sizes.
  const parts = written === "" ? [] : written.split(/[x,\u00d7]/);
  const shape = parts.map((part) => (/^\s*\d{1,10}\s*$/.test(part) ? Number(part) : 0));
  const elements = shape.reduce((product, size) => product * size, 1);
  return { name, shape: shape.every((size) => size > 0) && elements < MOST_ELEMENTS ? shape : undefined };
}

function unknownInput(text: string, name: string | undefined, inputs: readonly DeclaredInput[]): Diagnostic {
  const names = inputs.map((each) => each.name);
  const known = names.join(", ");
  if (name === undefined) {
    return {
      code: "flag/input-shape",
      message: `--input-shape ${text} does not name which of the inputs ${known} it is for`,
      hint: `--input-shape ${names[0]}=${text}`,
    };
  }
  return {
    code: "flag/input-shape",
    message: `--input-shape ${text}: the model has no input ${name}, only ${known}`,
    hint: didYouMean(name, names),
  };
}

/** Why a shape can't be that of an input. */
function misfit(
  text: string,
  shape: readonly number[] | undefined,
  { name, dims }: DeclaredInput,
  sizes: ReadonlyMap<string, number>,
): string | undefined {
  if (shape === undefined)
    return `--input-shape ${text} is no shape; one is written as ${name}=${dims.map((dim) => (typeof dim === "number" ? dim : 1)).join("x")}`;
  const fits =
    shape.length === dims.length &&
    dims.every((dim, axis) => {
      const wanted = typeof dim === "number" ? dim : sizes.get(dim);
      return wanted === undefined || wanted === shape[axis];
    });
  return fits
    ? undefined
    : `--input-shape ${text} does not fit the input ${name}, which is [${dims.join(", ")}]`;
}
