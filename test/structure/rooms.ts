/**
 * The rooms of src/, lowest first, and those that each imports from: only earlier ones. Data flows one way, so a room that needs something
 * from a later one has it in the wrong room. docs/architecture.md has this table, with what lives in each.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ir: ["base"],
  passes: ["base", "ir"],
  language: ["base", "ir", "passes"],
  weights: ["base", "ir"],
  onnx: ["base", "ir", "weights"],
  reference: ["base", "ir"],
  gradients: ["ir"],
  analysis: ["base", "ir"],
  "new-gates": ["base", "ir", "weights", "analysis"],
  networks: ["base", "ir", "passes", "language", "weights", "onnx", "analysis", "new-gates"],
  files: ["base", "ir", "language", "weights", "onnx"],
  images: ["base", "language"],
  runtime: ["base", "files"],
  given: ["base", "ir", "passes", "language", "weights", "onnx", "networks", "files", "images", "runtime"],
  trials: [
    ...[
      "base",
      "ir",
      "passes",
      "weights",
      "onnx",
      "reference",
      "gradients",
      "analysis",
      "new-gates",
      "networks",
      "files",
    ],
    ...["images", "runtime", "given"],
  ],
  reports: ["base", "ir", "passes", "analysis", "new-gates", "files", "trials"],
  codegen: ["base", "ir", "language", "analysis", "files"],
  driver: [
    ...["base", "ir", "passes", "language", "weights", "onnx", "analysis", "new-gates", "networks", "files"],
    ...["images", "runtime", "given", "trials", "reports", "codegen"],
  ],
  cli: ["base", "driver"],
};
