/**
 * What the test files that take long took, in seconds, beside another one, by their paths in test/. It decides the order alone: a
 * figure that is out of date costs some waiting at the end of a run.
 */
const SECONDS: Readonly<Record<string, number>> = {
  "gallery.test.ts": 128,
  "corpus.test.ts": 121,
  "driver/verify-survey.test.ts": 120,
  "cli/killed-runs.test.ts": 102,
  "ocr-networks.test.ts": 101,
  "cli/terminal.test.ts": 100,
  "gpu.test.ts": 83,
  "codegen/pytorch.test.ts": 80,
  "driver/attention-modules.test.ts": 70,
  "extending.test.ts": 65,
  "codegen/web-page.test.ts": 62,
  "passes/stress-weights.test.ts": 61,
  "cli/codegen.test.ts": 60,
  "cli/commands.test.ts": 56,
  "passes/raise-quantized.test.ts": 55,
  "driver/diff/definitions.test.ts": 53,
  "codegen/pytorch-training.test.ts": 51,
  "networks/small-networks.test.ts": 51,
  "driver/verify.test.ts": 50,
  "driver/verify-right.test.ts": 41,
  "cli/weights-settings.test.ts": 40,
  "driver/detectors.test.ts": 40,
  "networks/network-numbers.test.ts": 32,
  "onnx/backend-round-trip.test.ts": 30,
  "graph-docs.test.ts": 20,
  "driver/rewrite.test.ts": 20,
  "driver/half-precision.test.ts": 16,
  "weights/fixtures.test.ts": 10,
  "onnx/rewritten.test.ts": 20,
  "onnx/backend-interpreter.test.ts": 15,
  "readme.test.ts": 15,
  "codegen/from-onnx.test.ts": 13,
  "codegen/typescript-runs.test.ts": 12,
  "blocks/small-networks.test.ts": 11,
  "cli/onnx-files.test.ts": 10,
  "cli/run.test.ts": 10,
  "cli/hostile-onnx.test.ts": 9,
  "cli/long-runs.test.ts": 9,
  "cli/weights-names.test.ts": 9,
  "codegen/pytorch-state-names.test.ts": 9,
  "cli/weights-files.test.ts": 8,
  "codegen/typescript-names.test.ts": 8,
  "blocks/inception.test.ts": 7,
  "cli/broken-specs.test.ts": 6,
  "analysis/structure.test.ts": 5,
  "cli/new-gates.test.ts": 5,
  "codegen/template-escapes.test.ts": 5,
  "codegen/pytorch-names.test.ts": 4,
  "analysis/conventions.test.ts": 3,
  "blocks/defined.test.ts": 3,
  "blocks/features.test.ts": 3,
  "codegen/browser.test.ts": 3,
};

/** Of a file that is not in the table. */
const USUAL_SECONDS = 1.5;

/** What one process takes on: its start costs as much as a small file. */
const BATCH_SECONDS = 20;

/** The processor time that a test file is expected to take, in seconds. */
export function secondsOf(test: string): number {
  return SECONDS[test] ?? USUAL_SECONDS;
}

/** The files of each process, longest first: what takes long must not begin last. */
export function batchesOf(tests: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let left = 0;
  for (const test of tests.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    if (secondsOf(test) > left) {
      batches.push([]);
      left = BATCH_SECONDS;
    }
    batches.at(-1)?.push(test);
    left -= secondsOf(test);
  }
  return batches;
}
