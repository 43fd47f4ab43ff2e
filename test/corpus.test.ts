import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COMMAND_NAMES, type CommandName } from "../scripts/corpus/cells.js";
import { cliPool } from "../scripts/corpus/cli-pool.js";
import {
  backendFiles,
  type CorpusFile,
  HAS_BACKEND_FILES,
  madeFiles,
  torchvisionFiles,
  wholeNetwork,
} from "../scripts/corpus/files.js";
import { hasPythonModules, Oracle } from "../scripts/corpus/oracle.js";
import { resultOf } from "../scripts/corpus/result.js";
import { eachOf, type Row, rowOf } from "../scripts/corpus/survey.js";
import { randomStream } from "../src/base/random.js";
import { stats } from "../src/driver/stats/stats.js";
import { skip } from "./skip.js";
import { inTemporaryFolder } from "./temporary-folder.js";

// A part of the survey of docs/corpus.md, the same in each run.
const SEED = 15;
const OPERATORS = 16;
const MADE = 2;

const test = suite("corpus: commands on files of others");

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
  const { totals, reasons } = resultOf(rows, []);
  assert.equal(
    reasons.filter(({ status }) => status === "wrong"),
    [],
  );
  for (const command of ["inspect", "diff", "copy"]) assert.is(totals[command]?.ok, files, command);
}

if (hasPythonModules("onnx") && HAS_BACKEND_FILES) {
  test("models of ONNX's operators, and networks as Keras, Paddle and timm write them", async () => {
    const operators = backendFiles().filter(({ group }) => group === "operators");
    const files = [...some(operators, OPERATORS), ...some(madeFiles(), MADE)];
    const rows = await surveyed(
      files,
      COMMAND_NAMES.filter((name) => name !== "verify"),
    );
    expectSound(rows, files.length);
    assert.is(resultOf(rows, []).totals.stats?.ok, files.length);
  });
} else {
  skip("commands on models of ONNX's operators", "Python has no onnx, or libonnx-testdata is not installed");
}

if (hasPythonModules("onnx", "torchvision")) {
  test("a network of torchvision with open sizes", async () => {
    await inTemporaryFolder(async (folder) => {
      const files = torchvisionFiles("convnext", folder, ["13", "folded", "open"]).filter(
        (file) => "path" in file,
      );
      expectSound(await surveyed(files, ["inspect", "stats", "diff", "copy"]), 1);
    });
  });

  // Published at 224 × 224: ConvNeXt-T 4.46 G, ShuffleNetV2 1.0x 145 M, MobileNetV3-Small 57 M. ConvNeXt has no export in training.
  for (const [name, mode, macs] of [
    ["convnext_tiny", "folded", 4_455_531_264],
    ["shufflenet_v2_x1_0", "folded", 144_907_992],
    ["mobilenet_v3_small", "training", 56_510_400],
  ] as const) {
    test(`${name} (${mode}) has its published multiply-accumulates`, async () => {
      await inTemporaryFolder((folder) => {
        const file = join(folder, "whole.onnx");
        wholeNetwork(name, file, mode);
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
