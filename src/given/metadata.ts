/** The keys of an ONNX file's metadata that ecagen reads again. */
export const METADATA = {
  /** A `Preprocessing` as JSON. */
  preprocessing: "ecagen.preprocessing",
  /** The names of the classes, a list as JSON. */
  labels: "ecagen.labels",
} as const;
