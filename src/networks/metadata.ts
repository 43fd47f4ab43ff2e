import { InputError } from "../base/diagnostic.js";
import { type Preprocessing, parseLabels, parsePreprocessing } from "../language/preprocessing.js";

/** The keys of an ONNX file's metadata that ecagen reads again. */
export const METADATA = {
  /** A `Preprocessing` as JSON. */
  preprocessing: "ecagen.preprocessing",
  /** The names of the classes, a list as JSON. */
  labels: "ecagen.labels",
} as const;

/** What a file that ecagen compiled says of images and classes; undefined where it says nothing. */
export interface ImageMetadata {
  readonly preprocessing: Preprocessing | undefined;
  readonly labels: readonly string[] | undefined;
}

/** Reads it. Errors: `InputError` for texts that ecagen doesn't write there. */
export function imageMetadata(path: string, metadata: ReadonlyMap<string, string>): ImageMetadata {
  const entry = <T>(key: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = metadata.get(key);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value !== undefined) return value;
    throw InputError.of("run/metadata", `the metadata ${key} of ${path} is not what ecagen writes there`, {
      file: path,
      hint: "docs/run.md describes it; compile the spec again",
    });
  };
  return {
    preprocessing: entry(METADATA.preprocessing, parsePreprocessing),
    labels: entry(METADATA.labels, parseLabels),
  };
}
