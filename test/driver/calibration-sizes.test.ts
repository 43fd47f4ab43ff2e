import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { calibrationOf, npyBytes } from "../../bench/structured-images.js";
import { hasPythonModules, PYTHON } from "../../scripts/python.js";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { type CalibrateOptions, givenCalibration } from "../../src/given/calibration.js";
import { loadSharp } from "../../src/images/sharp.js";
import type { GraphInput } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { defaultPreprocessing, type Preprocessing } from "../../src/language/preprocessing.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import { startRuntime } from "../../src/runtime/session.js";
import type { NumberTensor } from "../../src/runtime/tensor.js";
import { runFeed, withCalibration } from "../../src/trials/calibration.js";
import { encodeAnew } from "../../src/trials/run-graph.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { rejectsError } from "../throws.js";

const test = suite("driver: calibration by pictures and by arrays of several sizes");

const installed = await import("sharp" as string).then(
  () => true,
  () => false,
);

const GRAPH = parseGraph(`graph "g" {
  input %x : float32[N, 3, 32, 32]
  %y : float32[N, 3, 32, 32] = relu(%x) loc(/act)
  return %y
}`);

async function diagnosticsOf(work: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  throw new Error("expected an InputError");
}

/** The same network for any height and width, and as it is looked at. */
const DECLARED: readonly GraphInput[] = parseGraph(`graph "g" {
  input %x : float32[N, 3, H, W]
  %y : float32[N, 3, H, W] = relu(%x) loc(/act)
  return %y
}`).inputs;

/** What a network with open sizes is fed by what a user names. */
async function feedsOf(
  options: CalibrateOptions,
  said?: Preprocessing,
  graph = GRAPH,
): Promise<readonly NumberTensor[]> {
  const { inputs } = graph;
  const source = givenCalibration(options, { file: "net", inputs, declared: DECLARED, says: () => said });
  if (source === undefined) return [];
  return await withCalibration(source, graph, 0, async ({ images, batch, feed }) =>
    Array.from({ length: Math.ceil(images / batch) }, (_, i) => feed(i * batch).get("x") as NumberTensor),
  );
}

/** An .npy file of some images of one size. */
function array(file: string, dims: readonly number[]): string {
  const elements = dims.reduce((a, b) => a * b, 1);
  writeFileSync(file, npyBytes({ dims, data: Float32Array.from({ length: elements }, (_, i) => i % 7) }));
  return file;
}

test("where the height and width are open each array has its own", () =>
  inTemporaryFolder(async (folder) => {
    array(join(folder, "a.npy"), [2, 3, 24, 40]);
    array(join(folder, "b.npy"), [3, 64, 8]);
    const feeds = await feedsOf({ calibrate: folder });
    assert.equal(
      feeds.map(({ dims }) => dims),
      [
        [1, 3, 24, 40],
        [1, 3, 24, 40],
        [1, 3, 64, 8],
      ],
    );
    assert.equal(
      [...(feeds[1]?.data ?? [])].slice(0, 3),
      [0, 1, 2].map((i) => (i + 3 * 24 * 40) % 7),
    );
    assert.equal([...(feeds[2]?.data ?? [])].slice(0, 3), [0, 1, 2]);
    const [random] = await feedsOf({ calibrate: "random:1" });
    assert.equal(random?.dims, [1, 3, 32, 32], "the sizes that were taken for the open ones");
    array(join(folder, "c.npy"), [2, 24, 40, 3]);
    array(join(folder, "d.npy"), [2, 1, 24, 40]);
    const found = await diagnosticsOf(() => feedsOf({ calibrate: folder }));
    assert.equal(
      found.map(({ code, message, hint, file }) => [code, message, hint?.slice(0, 22), file]),
      [
        [
          "calibrate/shape",
          "its array is [2, 24, 40, 3]; the network takes images [N, 3, H, W]",
          "the channels come afte",
          join(folder, "c.npy"),
        ],
        [
          "calibrate/shape",
          "its array is [2, 1, 24, 40]; the network takes images [N, 3, H, W]",
          undefined,
          join(folder, "d.npy"),
        ],
      ],
    );
  }));

test("images that a network takes at once are of one size", () =>
  inTemporaryFolder(async (folder) => {
    const two = parseGraph(printGraph(GRAPH).replaceAll("[N, ", "[2, "));
    array(join(folder, "a.npy"), [2, 3, 24, 40]);
    const [feed] = await feedsOf({ calibrate: folder }, undefined, two);
    assert.equal(feed?.dims, [2, 3, 24, 40]);
    array(join(folder, "b.npy"), [1, 3, 24, 41]);
    const [problem] = await diagnosticsOf(() => feedsOf({ calibrate: folder }, undefined, two));
    assert.match(problem?.message ?? "", /takes 2 images at a time.*\[3, 24, 40\] and \[3, 24, 41\]/);
    assert.is(problem?.file, join(folder, "b.npy"));
  }));

if (hasPythonModules("numpy")) {
  test("all arrays of an archive are images", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "x.npz");
      const made = spawnSync(
        PYTHON,
        ["-c", `import numpy as np; np.savez("${file}", a=np.ones((2,3,8,8),"f4"), b=np.zeros((3,16,8)))`],
        { encoding: "utf8" },
      );
      assert.is(made.status, 0, made.stderr);
      const feeds = await feedsOf({ calibrate: file });
      assert.equal(
        feeds.map(({ dims, data }) => [...dims, data[0]]),
        [
          [1, 3, 8, 8, 1],
          [1, 3, 8, 8, 1],
          [1, 3, 16, 8, 0],
        ],
      );
    }));
} else {
  skip("calibration by archives of arrays", "numpy is not installed");
}

const PREPARED: Preprocessing = {
  ...defaultPreprocessing(3),
  ...{ resize: "exact", crop: 1, interpolation: "nearest", channelOrder: "bgr" },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.5, 1] },
};

/** A picture of one colour. */
async function picture(file: string, width: number, height: number, colour: string): Promise<void> {
  const sharp = await loadSharp(file, "made", "");
  const rgb = Buffer.from(colour.repeat(width * height), "hex");
  const made = sharp(rgb, { raw: { width, height, channels: 3 } }).toFormat("png");
  writeFileSync(file, (await made.toBuffer({ resolveWithObject: true })).data);
}

if (installed) {
  test("pictures of any sizes are prepared as the network says, or the spec that is given for it", () =>
    inTemporaryFolder(async (folder) => {
      await picture(join(folder, "b.png"), 50, 20, "ff8000");
      await picture(join(folder, "a.PNG"), 7, 90, "0000ff");
      await picture(join(folder, ".hidden.png"), 7, 90, "0000ff");
      writeFileSync(join(folder, "notes.txt"), "not an image");
      const corners = (feeds: readonly NumberTensor[]) =>
        feeds.map(({ dims, data }) => [...dims, data[0], data[1024], data[2048]]);
      const feeds = await feedsOf({ calibrate: folder }, PREPARED);
      // Blue, green, red: (x / 255 - mean) / std.
      assert.equal(corners(feeds), [
        [1, 3, 32, 32, 2, -1, -0.5],
        [1, 3, 32, 32, -2, Math.fround(Math.fround(Math.fround(128 / 255) - 0.5) / 0.5), 0.5],
      ]);
      const spec = join(folder, "net.json");
      const preprocessing = { resize: "exact", crop: 1, mean: [0], std: [1] };
      const net = JSON.parse(readFileSync("specs/small.json", "utf8"));
      writeFileSync(spec, JSON.stringify({ ...net, preprocessing }));
      assert.equal(
        corners(await feedsOf({ calibrate: join(folder, "a.PNG"), preprocessing: spec }, PREPARED)),
        [[1, 3, 32, 32, 0, 0, 1]],
      );
      const says = (): undefined => undefined;
      const source = givenCalibration({ calibrate: folder }, { file: "net", inputs: GRAPH.inputs, says });
      assert.match(
        source?.notes.join() ?? "",
        /^net does not say how it takes images; this is the default: /,
      );
      assert.equal(
        givenCalibration({ calibrate: folder }, { file: "n", inputs: GRAPH.inputs, says: () => PREPARED })
          ?.notes,
        [],
      );
    }));

  test("what is wrong with pictures is said of all at once", () =>
    inTemporaryFolder(async (folder) => {
      const problems = async (options: CalibrateOptions) =>
        (await diagnosticsOf(() => feedsOf(options))).map(({ code, file }) => [
          code,
          file?.slice(folder.length + 1),
        ]);
      await picture(join(folder, "a.png"), 9, 9, "ffffff");
      writeFileSync(join(folder, "b.png"), readFileSync(join(folder, "a.png")).subarray(0, 60));
      writeFileSync(join(folder, "c.bmp"), "BM");
      assert.equal(await problems({ calibrate: folder }), [
        ["image/unreadable", "b.png"],
        ["image/unreadable", "c.bmp"],
      ]);
      array(join(folder, "d.npy"), [3, 8, 8]);
      assert.equal(await problems({ calibrate: folder }), [["calibrate/mixed", ""]]);
      const arrays = { calibrate: join(folder, "d.npy"), preprocessing: "b0-se" };
      assert.equal(await problems(arrays), [["flag/unused", undefined]]);
      assert.equal(await problems({ calibrate: "random:2", preprocessing: "b0-se" }), [
        ["flag/unused", undefined],
      ]);
      assert.equal(await problems({ preprocessing: "b0-se" }), [["flag/unused", undefined]]);
      const grey = { ...PREPARED, mean: [0.5], std: [0.5] };
      const code = async () =>
        (await diagnosticsOf(() => feedsOf({ calibrate: join(folder, "a.png") }, grey)))[0]?.code;
      assert.is(await code(), "run/preprocessing");
    }));
} else {
  skip("calibration by pictures", "sharp is not installed");
}

/** The network of a file with an open height and width, as PyTorch exports it. */
function openNetwork(file: string): string {
  const model = ModelProto.decode(readFileSync("test/data/onnx-reference/timm-efficientnet.onnx"));
  const dims = model.graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? [];
  dims.splice(2, 2, { dimParam: "H" }, { dimParam: "W" });
  writeFileSync(file, ModelProto.encode(model).finish());
  return file;
}

test("gates of a file with open sizes are fitted by arrays of several sizes, whatever size it is looked at with", () =>
  inTemporaryFolder(async (folder) => {
    const model = openNetwork(join(folder, "open.onnx"));
    mkdirSync(join(folder, "arrays"));
    array(join(folder, "arrays", "a.npy"), [2, 3, 64, 96]);
    array(join(folder, "arrays", "b.npy"), [3, 80, 48]);
    const calibrate = join(folder, "arrays");
    const fitted = async (size: readonly string[]) => {
      const output = join(folder, "fitted.onnx");
      const { newGates, swapped } = await rewrite(model, {
        ...{ swaps: ["se=eca"], newGates: "fit", calibrate, output, inputShapes: size },
      });
      assert.is(newGates?.calibration.images, 3);
      assert.is(swapped?.reason, undefined);
      assert.ok((newGates?.output.fit.relativeError ?? 1) < (newGates?.output.init.relativeError ?? 0));
      return { gates: newGates?.gates, moved: swapped?.moved, file: readFileSync(output) };
    };
    const [assumed, sized] = [await fitted([]), await fitted(["1x3x64x64"])];
    assert.equal(assumed.gates, sized.gates);
    assert.equal(assumed.moved, sized.moved);
    assert.ok(assumed.file.equals(sized.file));
    array(join(folder, "arrays", "c.npy"), [4, 64, 64]);
    await rejectsError(() => fitted([]), InputError, /its array is \[4, 64, 64\]/, {
      code: "calibrate/shape",
    });
  }));

test("what ONNX Runtime refuses to run names the file", () =>
  inTemporaryFolder(async (folder) => {
    const file = array(join(folder, "a.npy"), [3, 16, 16]);
    const source = calibrationOf(file, parseGraph(printGraph(GRAPH).replaceAll("32, 32", "16, 16")));
    const runtime = await startRuntime();
    try {
      const session = await runtime.open(encodeAnew(GRAPH, 0));
      await rejectsError(
        () => withCalibration(source, GRAPH, 0, (calibration) => runFeed(session, calibration, 0)),
        InputError,
        /^\[1, 3, 16, 16\]: ONNX Runtime can't run/,
        { file },
      );
    } finally {
      runtime.close();
    }
  }));

test.run();
