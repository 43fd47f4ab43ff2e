import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stagesOf } from "../../scripts/structure-survey/stages.js";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("scripts: stages of torchvision's networks");

const PYTHON = "/usr/bin/python3";

/** One of each way to write blocks that the whole survey has much more of, as small as there is. */
const NETWORKS = ["convnext_tiny", "mnasnet0_5", "squeezenet1_1"];

const name = "inspect finds the stages that the module trees have";
if (spawnSync(PYTHON, ["-c", "import torchvision, onnx"]).status === 0) {
  test(name, () =>
    inTemporaryFolder(async (folder) => {
      const made = spawnSync(PYTHON, ["scripts/structure-survey/networks.py", folder, ...NETWORKS], {
        encoding: "utf8",
      });
      assert.is(made.status, 0, made.stderr);
      for (const network of NETWORKS) {
        const wanted: unknown = JSON.parse(readFileSync(join(folder, `${network}.json`), "utf8"));
        const { blocks } = await inspect(join(folder, `${network}.onnx`));
        assert.equal(stagesOf(blocks), wanted, network);
      }
    }),
  );
} else {
  skip(name, `${PYTHON} has no torchvision or no onnx`);
}

test.run();
