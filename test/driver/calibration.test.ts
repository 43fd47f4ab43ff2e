import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { calibrationOf, npyBytes, structuredImages } from "../../bench/structured-images.js";
import { type Diagnostic, InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { parseGraph } from "../../src/ir/parse.js";
import { withCalibration } from "../../src/trials/calibration.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: calibration inputs");

const GRAPH = parseGraph(`graph "g" {
  input %x : float32[N, 3, 32, 32]
  %y : float32[N, 3, 32, 32] = relu(%x) loc(/act)
  return %y
}`);

const IMAGES = structuredImages(2, 32, 0);

/** The numbers of all images that a path or text stands for. */
async function imagesOf(from: string, seed = 0): Promise<readonly (readonly number[])[]> {
  return await withCalibration(calibrationOf(from, GRAPH), GRAPH, seed, async ({ images, feed }) =>
    Array.from({ length: images }, (_, i) => [...(feed(i).get("x")?.data ?? [])]),
  );
}

async function diagnosticsOf(work: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  throw new Error("expected an InputError");
}

async function codes(from: string): Promise<readonly string[]> {
  return (await diagnosticsOf(() => imagesOf(from))).map(({ code }) => code);
}

test("a file is its images, a folder those of its files by their names", () =>
  inTemporaryFolder(async (folder) => {
    const [first, second] = [IMAGES.data.subarray(0, 3072), IMAGES.data.subarray(3072)];
    writeFileSync(join(folder, "b.npy"), npyBytes(IMAGES));
    writeFileSync(join(folder, "a.npy"), npyBytes({ dims: [3, 32, 32], data: second }));
    writeFileSync(join(folder, "notes.txt"), "not an image");
    assert.equal(await imagesOf(join(folder, "b.npy")), [[...first], [...second]]);
    assert.equal(await imagesOf(folder), [[...second], [...first], [...second]]);
  }));

test("random:N is N(0, 1), other for each image and seed, the same each time", async () => {
  const [a = [], b = []] = await imagesOf("random:2");
  assert.equal(await imagesOf("random:2"), [a, b]);
  assert.not.equal(a, b);
  assert.not.equal(await imagesOf("random:1", 1), [a]);
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  const square = a.reduce((sum, value) => sum + value ** 2, 0) / a.length;
  assert.ok(Math.abs(mean) < 0.1 && Math.abs(square - 1) < 0.1, `${mean}, ${square}`);
});

test("all files that don't fit are refused at once, each with its name", () =>
  inTemporaryFolder(async (folder) => {
    const infinite = Float32Array.from(IMAGES.data);
    infinite[4000] = Number.NaN;
    const file = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);
    file("1-shape.npy", npyBytes(structuredImages(2, 16, 0)));
    file("2-nan.npy", npyBytes({ ...IMAGES, data: infinite }));
    file("3-good.npy", npyBytes(IMAGES));
    file("5-short.npy", npyBytes(IMAGES).subarray(0, 900));
    file("4-rank.npy", npyBytes({ dims: [1, 2, 3, 32, 32], data: IMAGES.data }));
    const found = await diagnosticsOf(() => imagesOf(folder));
    const [broken, ...misfits] = found;
    assert.equal([broken?.code, broken?.file], ["weights/npy", join(folder, "5-short.npy")]);
    assert.equal(
      misfits.map(({ code, message, file: at }) => [code, message, at]),
      [
        [
          "calibrate/shape",
          "its array is [2, 3, 16, 16]; the network takes images [N, 3, 32, 32]",
          join(folder, "1-shape.npy"),
        ],
        [
          "calibrate/not-finite",
          "element 4000 (row by row) is NaN; calibration takes finite numbers",
          join(folder, "2-nan.npy"),
        ],
        [
          "calibrate/shape",
          "its array is [1, 2, 3, 32, 32]; the network takes images [N, 3, 32, 32]",
          join(folder, "4-rank.npy"),
        ],
      ],
    );
  }));

test("what is no array of images is refused", () =>
  inTemporaryFolder(async (folder) => {
    const file = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    mkdirSync(join(folder, "empty"));
    assert.equal(await codes(join(folder, "empty")), ["calibrate/empty"]);
    assert.equal(await codes(join(folder, "nowhere.npy")), ["file/unreadable"]);
    const none = { dims: [0, 3, 32, 32], data: new Float32Array() };
    assert.equal(await codes(file("none.npy", npyBytes(none))), ["calibrate/empty"]);
    const whole = Buffer.from(npyBytes(IMAGES));
    const integers = Buffer.from(whole.toString("latin1").replace("<f4", "<i4"), "latin1");
    assert.equal(await codes(file("integers.npy", integers)), ["calibrate/dtype"]);
    assert.equal(await codes(file("short.npy", whole.subarray(0, 900))), ["weights/npy"]);
    assert.equal(await codes("test/data/fixtures/effnet_se.safetensors"), ["calibrate/format"]);
    for (const random of ["random", "random:0", "random:-1", "random:1.5", "random:x", "random:1000000"]) {
      assert.equal(await codes(random), ["calibrate/random"], random);
    }
  }));

test("a wish that no gate can follow is refused", async () => {
  const spec = "test/data/fixtures/effnet_se.json";
  const code = async (options: Parameters<typeof compile>[1]): Promise<string | undefined> =>
    (await diagnosticsOf(() => compile(spec, options)))[0]?.code;
  const fit = { newGates: "fit", calibrate: "random:1" } as const;
  assert.is(await code(fit), "new-gates/none");
  assert.is(await code({ calibrate: "random:1" }), "new-gates/none");
  assert.is(await code({ newGates: "neutral", passes: "swap-attention{to=eca}" }), "new-gates/no-inputs");
  assert.is(await code({ ...fit, passes: "swap-attention{to=cbam}" }), "new-gates/kind");
});

test.run();
