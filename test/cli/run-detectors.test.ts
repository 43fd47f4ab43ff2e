import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeNpy } from "../../src/files/tensors/write.js";
import { decodeImage } from "../../src/images/decode.js";
import { loadSharp } from "../../src/images/sharp.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { skip } from "../skip.js";
import { type CliRun, ecagen } from "./run-cli.js";

/**
 * Files of another tool (test/python/bright_box.py) whose first box is exactly that around what is bright in their input of 64x64 pixels. The
 * pictures have a white rectangle whose corners are at whole pixels of the input too.
 */
const test = suite("cli: run of detectors");
const MODELS = "test/data/detectors";
let folder = "";

const installed = await import("sharp" as string).then(
  () => true,
  () => false,
);

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-detectors-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly detections?: readonly {
    readonly box: readonly number[];
    readonly score: number;
    readonly index: number;
    readonly label?: string;
  }[];
  readonly detected?: {
    readonly picture: string | null;
    readonly width: number;
    readonly height: number;
    readonly leftOut: { readonly empty: number; readonly lowScores: number };
  };
  readonly outputs: readonly { readonly top?: unknown }[];
}

function report(run: CliRun): Report {
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as Report;
}

function refusal(args: readonly string[]): string {
  const { code, stderr } = ecagen(["run", ...args]);
  assert.is(code, 2, stderr);
  assert.not.match(stderr, /\n\s+at /);
  return stderr;
}

/** A spec that says how its images are prepared, for files that don't. */
function preparing(preprocessing: Readonly<Record<string, unknown>>): string {
  const file = join(folder, "prepared.json");
  const plain = { crop: 1, interpolation: "bilinear", mean: [0], std: [1], ...preprocessing };
  writeFileSync(file, JSON.stringify({ extends: resolve("specs/small.json"), preprocessing: plain }));
  return file;
}

const SIZE = { width: 192, height: 96 };
const WHITE = [48, 24, 144, 72] as const;

/** A dark picture with a white rectangle, as a PNG file. */
async function picture(name: string, { width, height } = SIZE): Promise<string> {
  const data = new Uint8Array(width * height * 3).fill(40);
  const [left, top, right, bottom] = WHITE;
  for (let y = top; y < bottom; y++) data.fill(255, (y * width + left) * 3, (y * width + right) * 3);
  const draw = await loadSharp(name, "made", "");
  const made = await draw(data, { raw: { width, height, channels: 3 } })
    .toFormat("png")
    .toBuffer({ resolveWithObject: true });
  const file = join(folder, name);
  writeFileSync(file, made.data);
  return file;
}

function closeTo(found: readonly number[] | undefined, expected: readonly number[], within = 1e-3): void {
  assert.is(found?.length, expected.length);
  const off = expected.map((each, i) => Math.abs(each - (found?.[i] ?? Number.NaN)));
  assert.ok(
    off.every((each) => each <= within),
    `${found} is not ${expected}`,
  );
}

if (installed) {
  for (const preprocessing of [
    { resize: "fit" },
    { resize: "fit", padding: { at: "around", value: 114 } },
    { resize: "shorter-side" },
    { resize: "exact" },
    // 64 / 0.8 pixels, of which 8 are cut off at each side.
    { resize: "exact", crop: 0.8, interpolation: "nearest" },
  ]) {
    test(`boxes are in pixels of the picture: ${JSON.stringify(preprocessing)}`, async () => {
      const spec = preparing(preprocessing);
      // With a crop of 0.8 the picture's pixels are 80 of 192 and 80 of 96: the corners are no whole pixels of the input.
      const within = "crop" in preprocessing ? 192 / 80 : 1e-3;
      for (const model of ["grids", "single", "whole"]) {
        const args = [`${MODELS}/${model}.onnx`, await picture("a.png"), "--preprocessing", spec, "--json"];
        const { detections = [], detected, outputs } = report(ecagen(["run", ...args]));
        const [first] = detections;
        closeTo(first?.box, WHITE, within);
        assert.equal([first?.score, first?.index, first?.label], [0.75, 2, undefined]);
        // The row without a score, that without a width and that of NaNs; the last box is larger than the picture.
        assert.is(detections.length, 2);
        assert.equal([detected?.width, detected?.height], [192, 96]);
        assert.equal(detected?.leftOut, { empty: 3, lowScores: 0 });
        for (const { box } of detections) {
          const [left = -1, top = -1, right = 193, bottom = 97] = box;
          assert.ok(left >= 0 && top >= 0 && right <= 192 && bottom <= 96, `${box}`);
        }
        assert.ok(outputs.every(({ top }) => top === undefined));
      }
    });
  }

  test("a table with the labels' names, those of lower scores left out with a note", async () => {
    const labels = join(folder, "labels.txt");
    writeFileSync(labels, "none\ncat\n<dog & cow>\n");
    const spec = preparing({ resize: "fit" });
    const file = await picture("a.png");
    const args = [`${MODELS}/grids.onnx`, file, "--preprocessing", spec, "--min-score", "0.5"];
    const { stdout, stderr } = ecagen(["run", ...args, "--labels", labels]);
    assert.match(stdout, /a\.png, 192x96: 1 found\nscore {2}class +left +top +right +bottom\n/);
    assert.match(stdout, /\n0\.750 +2 +<dog & cow> +48\.0 +24\.0 +144\.0 +72\.0\n/);
    assert.match(stderr, /3 rows are outside of the picture, or without an area or a score/);
    assert.match(stderr, /1 row is of a lower score not shown/);
    assert.match(stderr, /boxes are read as left, top, right and bottom in pixels of the model's input/);
    writeFileSync(labels, "none\ncat\n");
    assert.match(refusal([...args, "--labels", labels]), /class 2 was found, and there are 2 labels/);
  });

  for (const [model, where] of [
    // The upper left quarter of the box.
    ["grids", (x: number, y: number) => x < 96 && y < 48],
    ["whole", () => true],
  ] as const) {
    test(`boxes, labels and masks are drawn: ${model}`, async () => {
      const labels = join(folder, "labels.txt");
      writeFileSync(labels, "none\ncat\n<\"dog\"> & 'cow'\n");
      const spec = preparing({ resize: "fit", padding: { at: "around" } });
      const drawn = join(folder, "drawn.png");
      const file = await picture("a.png");
      const args = [`${MODELS}/${model}.onnx`, file, "--preprocessing", spec, "--labels", labels];
      const { code, stderr } = ecagen(["run", ...args, "--min-score", "0.5", "--draw", drawn]);
      assert.is(code, 0, stderr);
      const { width, height, data } = await decodeImage(drawn, readFileSync(drawn));
      assert.equal([width, height], [192, 96]);
      const pixel = (x: number, y: number) => [...data.subarray((y * 192 + x) * 3, (y * 192 + x) * 3 + 3)];
      // Half of white, half of the colour of class 2, (44, 160, 44); not at the edge of the mask or under the text and the line.
      for (const [x, y] of [
        [60, 40],
        [120, 40],
        [60, 64],
        [120, 64],
      ] as const) {
        assert.equal(pixel(x, y), where(x, y) ? [150, 208, 150] : [255, 255, 255], `${x}, ${y}`);
      }
      // A line of one pixel covers half of those on both sides of the box's edge.
      closeTo(pixel(120, 72), [(40 + 44) / 2, (40 + 160) / 2, (40 + 44) / 2], 2);
      assert.equal(pixel(170, 80), [40, 40, 40]);
      // The text stands above the box.
      const above = data.subarray(10 * 192 * 3, 23 * 192 * 3);
      assert.ok(above.some((value) => value > 200));
    });
  }

  test("what can't be drawn is refused before anything is written", async () => {
    const file = await picture("a.png");
    const model = `${MODELS}/grids.onnx`;
    const drawn = join(folder, "drawn.png");
    assert.match(
      refusal([model, file, "--draw", "found.bmp"]),
      /not the name of a picture that can be written/,
    );
    assert.match(refusal([model, file, "--draw", file]), /is read, so it can't be written as well/);
    const output = ["--output", join(folder, "y.npy"), "--draw", drawn];
    assert.match(refusal(["specs/small.json", file, ...output]), /no outputs boxes, scores and labels/);
    const array = join(folder, "x.npy");
    const numbers = encodeElements(new Float32Array(3 * 64 * 64).fill(1), "float32");
    await writeNpy(new Map([[array, { dtype: "F32", dims: [1, 3, 64, 64], bytes: numbers }]]));
    assert.match(refusal([model, array, "--draw", drawn]), /they are of one picture/);
    for (const each of [drawn, join(folder, "y.npy")]) assert.not(existsSync(each));
    // An array's boxes are in its own pixels.
    const { detected, detections } = report(ecagen(["run", model, array, "--json"]));
    assert.equal([detected?.picture, detected?.width, detected?.height], [null, 64, 64]);
    assert.equal(detections?.[0]?.box, [0, 0, 64, 64]);
  });

  test("--preprocessing without a picture, and --min-score without a detector, are refused", async () => {
    const model = resolve("specs/small.json");
    assert.match(
      refusal([model, await picture("a.png"), "--min-score", "0.5"]),
      /--min-score is about what a detector finds/,
    );
    const array = join(folder, "x.npy");
    await writeNpy(
      new Map([[array, { dtype: "F32", dims: [1, 3, 32, 32], bytes: new Uint8Array(4 * 3 * 32 * 32) }]]),
    );
    assert.match(
      refusal([model, array, "--resolution", "32", "--preprocessing", preparing({})]),
      /--preprocessing is about images, and none is given/,
    );
    const signals = resolve("specs/ecapa-tdnn-512.json");
    assert.match(
      refusal([model, await picture("b.png"), "--preprocessing", signals]),
      /is a network of signals, and has no settings for images/,
    );
  });

  test("a detector of ecagen's own, as a spec and as its file, finds the same", async () => {
    const from = ["c2", "c3"];
    const conv = { layer: "conv", kernel: 3, norm: false, bias: true, activation: "none" };
    const spec = join(folder, "detector.json");
    const described = {
      input: { channels: 3, height: 64, width: 96 },
      stem: { channels: 8, stride: 2 },
      stages: from.map((as) => ({ block: "conv-norm-act", channels: 16, stride: 2, as })),
      heads: [
        { name: "classes", from, output: { values: 4 }, layers: [{ ...conv, channels: 12 }] },
        { name: "moves", from, output: { values: 4 }, layers: [{ ...conv, channels: 12 }] },
      ],
      detection: { scores: "classes", boxes: "moves", anchors: { sizes: [[16], [32]] }, detections: 7 },
      head: { classifier: false },
      preprocessing: { resize: "fit", crop: 1 },
      labels: ["a", "b", "c", "d"],
    };
    writeFileSync(spec, JSON.stringify(described));
    const model = join(folder, "detector.onnx");
    assert.is(ecagen(["compile", spec, "-o", model]).code, 0);
    const file = await picture("a.png", { width: 150, height: 200 });
    const [ours, compiled] = [spec, model].map((each) => report(ecagen(["run", each, file, "--json"])));
    assert.ok((ours?.detections?.length ?? 0) > 0);
    assert.equal(compiled?.detections, ours?.detections);
    assert.ok(ours?.detections?.every(({ index, label }) => label === ["a", "b", "c", "d"][index]));
  });
} else {
  skip("run of detectors", "sharp is not installed");
}

test.run();
