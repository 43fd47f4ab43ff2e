import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareFile } from "../../scripts/simplify-survey/compare.js";
import { randomStream } from "../../src/base/random.js";
import { type Runtime, startRuntime } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("scripts: simplify-survey");

/** Small files of every kind of exporter, of which each seed takes some. */
const FILES = [
  ..."cbam-jongchan-11 ceca-timm-13 eca-timm-static-15 gc-timm-13 keras-hard-sigmoid-13 paddle-se-11 se-axes-17".split(
    " ",
  ),
  ..."se-flat-11 se-linear-unfolded-17 se-mean-unfolded-15 torchvision-efficientnet-unfolded-15 scse-unet-13".split(
    " ",
  ),
];
const SEED = 5;
const TAKEN = 4;

let runtime: Runtime;
test.before(async () => {
  runtime = await startRuntime();
});
test.after(() => runtime.close());

test("simplify leaves no more nodes than onnxsim, and the outputs stay", () =>
  inTemporaryFolder(async (folder) => {
    const random = randomStream(SEED, "files of the survey");
    const left = [...FILES];
    for (let i = 0; i < TAKEN; i++) {
      const [name = ""] = left.splice(Math.floor(random.uniform(0, left.length)), 1);
      const { before, ecagen, onnxsim } = await compareFile(
        `test/data/onnx/${name}.onnx`,
        name,
        folder,
        runtime,
      );
      assert.ok(onnxsim !== null, `onnxsim did not run on ${name}`);
      assert.ok(
        ecagen.nodes <= onnxsim.nodes,
        `${name}: ${ecagen.nodes} nodes of ${before}, onnxsim ${onnxsim.nodes}`,
      );
      assert.ok(ecagen.moved !== null && ecagen.moved < 1e-4, `${name} moves by ${ecagen.moved}`);
    }
  }));

test.run();
