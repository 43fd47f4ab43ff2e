import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COMMAND_NAMES, type CommandName } from "../scripts/corpus/cells.js";
import { cliPool } from "../scripts/corpus/cli-pool.js";
import { backendFiles, type CorpusFile, madeFiles, torchvisionFiles } from "../scripts/corpus/files.js";
import { Oracle } from "../scripts/corpus/oracle.js";
import { summaryOf } from "../scripts/corpus/result.js";
import { eachOf, type Row, rowOf } from "../scripts/corpus/survey.js";
import { hasPythonModules } from "../scripts/python.js";
import { exportWhole } from "../scripts/torchvision/networks.js";
import { randomStream } from "../src/base/random.js";
import { stats } from "../src/driver/stats/stats.js";
import { HAS_BACKEND_TESTS } from "./onnx/backend-data.js";
import { skip } from "./skip.js";
import { inTemporaryFolder } from "./temporary-folder.js";

// A part of the survey of docs/corpus.md, the same in each run.
const SEED = 15;
const OPERATORS = 16;
const MADE = 2;

const test = suite("corpus: commands on files of other tools");

/** Some of a list, by the seed. */
function some<T>(all: readonly T[], count: number): readonly T[] {
  const stream = randomStream(SEED, "corpus");
  const left = [...all];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(stream.uniform(0, left.length)), 1),
  ).flat();
}

/** Surveys some files. */
async function surveyed(
  files: readonly CorpusFile[],
  commands: readonly CommandName[],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const [pool, oracle] = [cliPool(2), new Oracle()];
  try {
    await eachOf(files, 2, async (file) => {
      rows.push(await rowOf(file, { pool, oracle }, commands));
    });
  } finally {
    pool.close();
    oracle.close();
  }
  return rows;
}

/** No result is wrong, and each file has the counts of oracle.py and keeps its bytes. */
function expectSound(rows: readonly Row[], files: number): void {
  const { totals, reasons } = summaryOf(rows);
  assert.equal(
    reasons.filter(({ status }) => status === "wrong"),
    [],
  );
  for (const command of ["inspect", "stats", "diff", "copy"])
    assert.is(totals[command]?.ok, files, `${command}: ${JSON.stringify(reasons)}`);
}

if (hasPythonModules("onnx") && HAS_BACKEND_TESTS) {
  test("models of ONNX's operators, and networks as Keras, Paddle and timm write them", async () => {
    const operators = backendFiles().filter(({ group }) => group === "operators");
    const files = [...some(operators, OPERATORS), ...some(madeFiles(), MADE)];
    expectSound(await surveyed(files, COMMAND_NAMES), files.length);
  });
} else {
  skip("commands on models of ONNX's operators", "Python has no onnx, or libonnx-testdata is not installed");
}

if (hasPythonModules("onnx", "torchvision")) {
  for (const [family, form] of [
    ["convnext", "13-folded-open"],
    ["mobilenet_v3", "16-training-fixed"],
    ["shufflenet_v2", "9-folded-fixed"],
  ] as const) {
    test(`a network of torchvision: ${family}, ${form}`, async () => {
      await inTemporaryFolder(async (folder) => {
        const files = torchvisionFiles(family, folder, [form]).filter((file) => "path" in file);
        assert.is(files.length, 1);
        expectSound(await surveyed(files, COMMAND_NAMES), 1);
      });
    });
  }

  // Published at 224 × 224: ConvNeXt-T 4.46 G, ShuffleNetV2 1.0x 145 M, MobileNetV3-Small 57 M. ConvNeXt has no export in training.
  for (const [name, mode, macs] of [
    ["convnext_tiny", "folded", 4_455_531_264],
    ["shufflenet_v2_x1_0", "folded", 144_907_992],
    ["mobilenet_v3_small", "training", 56_510_400],
  ] as const) {
    test(`${name} (${mode}) has its published multiply-accumulates`, async () => {
      await inTemporaryFolder((folder) => {
        const file = join(folder, "whole.onnx");
        exportWhole(name, file, mode);
        const counted = stats(file);
        assert.is(counted.macs, macs);
        assert.is(counted.uncounted, undefined);
      });
    });
  }
} else {
  skip("commands on networks of torchvision", "Python has no torchvision");
}

test.run();
