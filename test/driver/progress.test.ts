import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { compile } from "../../src/driver/compile/compile.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { verify } from "../../src/driver/verify/verify.js";
import { convertWeights } from "../../src/driver/weights/convert.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** What a progress bar is told, by every use case that has one. */
const test = suite("driver: progress");

type OnProgress = (message: string, part: number) => void;

const SPEC = "specs/small.json";

/** Each starts from a small network as a file, and its weights in another. */
const USE_CASES: Readonly<
  Record<
    string,
    (files: { model: string; weights: string; output: string }, onProgress: OnProgress) => unknown
  >
> = {
  compile: ({ output }, onProgress) => compile(SPEC, { output: `${output}.onnx`, onProgress }),
  "compile, weights beside it": ({ output }, onProgress) =>
    compile(SPEC, { output: `${output}.onnx`, exportWeights: `${output}.safetensors`, onProgress }),
  rewrite: ({ model, output }, onProgress) =>
    rewrite(model, { output: `${output}.onnx`, swaps: ["eca=se"], onProgress }),
  "codegen, TypeScript": ({ output }, onProgress) => codegen(SPEC, { language: "ts", output, onProgress }),
  "weights convert": ({ weights, output }, onProgress) =>
    convertWeights(weights, { spec: SPEC, output: `${output}.safetensors`, to: "timm", onProgress }),
  "verify, a spec by blocks": (_files, onProgress) =>
    verify(SPEC, { resolution: 16, perBlock: true, seeds: [0, 1], onProgress }),
  "verify, a file": ({ model }, onProgress) => verify(model, { batches: [1], onProgress }),
  "verify, two files that differ": async ({ model, output }, onProgress) => {
    await rewrite(model, { output: `${output}.onnx`, swaps: ["eca=se"] });
    const { verdict } = await verify(model, { against: `${output}.onnx`, batches: [1], onProgress });
    assert.is(verdict, "wrong");
  },
};

/** What writes ends with all of it; what compares has the gates to leave out yet, which take as long as they take. */
const WRITING = /^(writing|exporting) /;

for (const [name, use] of Object.entries(USE_CASES)) {
  test(`${name}: progress goes forward, from 0 to 1 at most`, () =>
    inTemporaryFolder(async (folder) => {
      const files = {
        model: join(folder, "small.onnx"),
        weights: join(folder, "small.safetensors"),
        output: join(folder, "out"),
      };
      await compile(SPEC, { output: files.model, exportWeights: files.weights });
      const seen = new Map<string, number[]>();
      const all: number[] = [];
      await use(files, (message, part) => {
        const phase = WRITING.test(message) ? message : "comparing";
        seen.set(phase, [...(seen.get(phase) ?? []), part]);
        all.push(part);
      });
      assert.ok(all.length > 0, "something is told");
      assert.ok(
        all.every((part) => part >= 0 && part <= 1),
        `${all}`,
      );
      for (const [phase, parts] of seen) {
        assert.equal(
          parts,
          parts.toSorted((a, b) => a - b),
          phase,
        );
        if (phase !== "comparing") assert.is(parts.at(-1), 1, phase);
      }
    }));
}

test.run();
