import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules, PYTHON } from "../../scripts/python.js";
import { stagesOf } from "../../scripts/structure-survey/stages.js";
import { exportStages } from "../../scripts/torchvision/networks.js";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("scripts: stages of torchvision's networks");

/** One of each way to write blocks that the whole survey has much more of, as small as there is. */
const NETWORKS = ["convnext_tiny", "mnasnet0_5", "squeezenet1_1"];

const name = "inspect finds the stages that the module trees have";
if (hasPythonModules("torchvision", "onnx")) {
  test(name, () =>
    inTemporaryFolder(async (folder) => {
      exportStages(folder, NETWORKS);
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
