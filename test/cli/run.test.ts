import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance } from "../../src/base/distance.js";
import { readMetadata } from "../../src/files/models/read.js";
import { writeNpy } from "../../src/files/tensors/write.js";
import { prepareImage } from "../../src/images/prepare.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { tensorType } from "../../src/ir/types.js";
import { defaultPreprocessing } from "../../src/language/preprocessing.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { IMAGES, type PackedPixels, unpack } from "../images/pillow.js";
import { skip } from "../skip.js";
import { readNpy } from "../weights/npy.js";
import { type CliRun, ecagen } from "./run-cli.js";

const test = suite("cli: run");
const FIXTURE = "test/data/fixtures/effnet_se";
/** Preloads what makes sharp absent. */
const WITHOUT_SHARP = { NODE_OPTIONS: `--import ${join(process.cwd(), "test/cli/without-sharp.mjs")}` };
let folder = "";

const installed = await import("sharp" as string).then(
  () => true,
  () => false,
);

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-run-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly device: { readonly used: string };
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly top?: readonly (readonly { readonly index: number; readonly label?: string }[])[];
  }[];
  readonly preprocessing?: { readonly crop: number; readonly from: string };
}

function report(run: CliRun): Report {
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as Report;
}

/** What is said of a run that is refused, on stderr. */
function refusal(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { code, stderr } = ecagen(["run", ...args], env);
  assert.is(code, 2, stderr);
  assert.not.match(stderr, /\n\s+at /);
  return stderr;
}

async function npy(name: string, dims: readonly number[], data: ArrayLike<number>): Promise<string> {
  const file = join(folder, name);
  await writeNpy(new Map([[file, { dtype: "F32", dims, bytes: encodeElements(data, "float32") }]]));
  return file;
}

/** y = left + right over [N, 2] */
function sumModel(): string {
  const builder = new GraphBuilder("sum");
  const left = builder.input("left", tensorType(["N", 2]));
  const right = builder.input("right", tensorType(["N", 2]));
  const y = builder.op("add", [left, right], {}, { scope: "/y" });
  const file = join(folder, "sum.onnx");
  writeFileSync(file, modelBytes(encodeModel(builder.finish([y]), { producerVersion: "0" }), { seed: 0 }));
  return file;
}

test("a spec with timm's weights and a file compiled of it give timm's output", () => {
  const model = join(folder, "m.onnx");
  const weights = ["--weights", `${FIXTURE}.safetensors`];
  assert.is(ecagen(["compile", `${FIXTURE}.json`, ...weights, "-o", model]).code, 0);
  const expected = readNpy(`${FIXTURE}.output64.npy`);
  for (const [i, args] of [[model], [`${FIXTURE}.json`, ...weights]].entries()) {
    const output = join(folder, `y${i}.npy`);
    const found = report(
      ecagen(["run", ...args, "--input", `${FIXTURE}.input.npy`, "--output", output, "--json"]),
    );
    assert.is(found.device.used, "cpu");
    assert.equal(found.outputs[0]?.shape, expected.dims);
    assert.is(found.outputs[0]?.top, undefined);
    const y = readNpy(output);
    assert.equal(y.dims, expected.dims);
    const { maxRel, cosine } = distance(expected.data, y.data);
    assert.ok(maxRel < 1e-5 && cosine > 0.999999, `${maxRel}`);
  }
});

test("several inputs by name, or from one .npz file", async () => {
  const model = sumModel();
  const left = await npy("left.npy", [2, 2], [1, 2, 3, 4]);
  const right = await npy("right.npy", [2, 2], [10, 20, 30, 40]);
  const output = join(folder, "y.npy");
  const { outputs } = report(
    ecagen(["run", model, "--input", `right=${right}`, `left=${left}`, "-o", output, "--json"]),
  );
  const [y] = outputs;
  assert.equal(y?.shape, [2, 2]);
  assert.equal([...readNpy(output).data], [11, 22, 33, 44]);
  rmSync(output);
  assert.is(ecagen(["run", model, "test/data/left-right.npz", "-o", output]).code, 0);
  assert.equal([...readNpy(output).data], [11, 22, 33, 44]);

  assert.match(refusal([model, left]), /left\.npy does not name one of them/);
  assert.match(refusal([model, `left=${left}`]), /nothing is given for the input right \[N, 2\]/);
  assert.match(refusal([model, `left=${left}`, `rigth=${right}`]), /did you mean "right"/);
  assert.match(refusal([model, `left=${left}`, `right=${right}`, "-o", "z=z.npy"]), /no output z/);
});

test("a model in half precision takes float16 and gives it", async () => {
  const builder = new GraphBuilder("half");
  const y = builder.op("relu", [builder.input("x", tensorType(["N", 2], "float16"))], {}, { scope: "/y" });
  const model = join(folder, "half.onnx");
  writeFileSync(model, modelBytes(encodeModel(builder.finish([y]), { producerVersion: "0" }), { seed: 0 }));
  const [half, output] = [join(folder, "half.npy"), join(folder, "y.npy")];
  await writeNpy(
    new Map([[half, { dtype: "F16", dims: [1, 2], bytes: encodeElements([-1, 0.5], "float16") }]]),
  );
  report(ecagen(["run", model, half, "-o", output, "--json"]));
  const written = readFileSync(output);
  assert.match(written.toString("latin1"), /'descr': '<f2'/);
  // 0 and 0.5 in IEEE 754's binary16.
  assert.equal([...written.subarray(-4)], [0x00, 0x00, 0x00, 0x38]);
  assert.match(refusal([model, await npy("x.npy", [1, 2], [1, 2])]), /elements of F32.* takes F16/);
});

test("labels name the classes, and must be as many", async () => {
  const model = sumModel();
  const inputs = [
    `left=${await npy("left.npy", [1, 2], [0, 3])}`,
    `right=${await npy("right.npy", [1, 2], [0, 0])}`,
  ];
  const labels = join(folder, "labels.txt");
  writeFileSync(labels, "cat\ndog\n");
  const { outputs } = report(ecagen(["run", model, ...inputs, "--labels", labels, "--json"]));
  assert.equal(
    outputs[0]?.top?.[0]?.map(({ index, label }) => [index, label]),
    [
      [1, "dog"],
      [0, "cat"],
    ],
  );
  assert.match(ecagen(["run", model, ...inputs, "--labels", labels]).stdout, /95\.26 % +1 +dog\n/);
  writeFileSync(labels, "cat\ndog\nbird\n");
  assert.match(refusal([model, ...inputs, "--labels", labels]), /there are 3 labels, and the model's output/);
});

test("what doesn't fit the model is said with what to do", async () => {
  const spec = "specs/small.json";
  const wide = join(folder, "wide.npy");
  await writeNpy(new Map([[wide, { dtype: "F64", dims: [3, 32, 32], bytes: new Uint8Array(8 * 3072) }]]));
  const both = refusal([spec, wide]);
  assert.match(both, /elements of F64.* takes F32 .*\n.*astype\("float32"\)/);
  assert.match(both, /the shape \[3, 32, 32\].* takes \[N, 3, 32, 32\] .*\n.*x\[None\]/);
  assert.match(refusal([spec, join(folder, "none.npy")]), /there is no such file/);
  const broken = join(folder, "broken.npy");
  writeFileSync(broken, readFileSync(wide).subarray(0, 1000));
  assert.match(refusal([spec, broken]), /is not a readable \.npy file/);
  const model = sumModel();
  assert.match(refusal([model, "--seed", "1", "--passes", "strip-training"]), /--passes is about compiling/);
  const text = join(folder, "text.onnx");
  writeFileSync(text, "no model");
  assert.match(refusal([text, wide]), /is not an ONNX model/);
});

test("preprocessing and labels go with the file, the same bytes each time", () => {
  const spec = join(folder, "net.json");
  const base = JSON.stringify(join(process.cwd(), "specs/small.json"));
  const labels = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  writeFileSync(
    spec,
    `{ "extends": ${base}, "preprocessing": { "crop": 0.9 }, "labels": ${JSON.stringify(labels)} }`,
  );
  const files = ["a.onnx", "b.onnx"].map((name) => join(folder, name)) as [string, string];
  for (const file of files) assert.is(ecagen(["compile", spec, "-o", file]).code, 0);
  assert.equal(readFileSync(files[0]), readFileSync(files[1]));
  const metadata = readMetadata(files[0]);
  assert.equal(JSON.parse(metadata.get("ecagen.labels") ?? ""), labels);
  assert.equal(JSON.parse(metadata.get("ecagen.preprocessing") ?? ""), {
    ...defaultPreprocessing(3),
    crop: 0.9,
  });
});

test("without sharp an image is refused with the remedy, and arrays run as before", async () => {
  const stderr = refusal(["specs/small.json", join(IMAGES, "rgb.png")], WITHOUT_SHARP);
  assert.match(stderr, /read as an image by the package sharp, which is not installed/);
  assert.match(stderr, /hint: npm install sharp/);
  const x = await npy("x.npy", [1, 3, 32, 32], new Float32Array(3072));
  assert.is(ecagen(["run", "specs/small.json", x], WITHOUT_SHARP).code, 0);
});

if (installed) {
  test("images go in as the model says: the same output as of the array that Pillow's pixels make", async () => {
    const model = join(folder, "small.onnx");
    assert.is(ecagen(["compile", "specs/small.json", "-o", model]).code, 0);
    const { decoded } = JSON.parse(readFileSync(join(IMAGES, "pillow.json"), "utf8")) as {
      readonly decoded: Readonly<Record<string, PackedPixels>>;
    };
    const names = ["rgb.png", "rgba.png", "grey.png"];
    const size = { channels: 3, height: 32, width: 32 } as const;
    const arrays = names.map((name) =>
      prepareImage(unpack(decoded[name] as PackedPixels), size, defaultPreprocessing(3)),
    );
    const x = await npy("x.npy", [3, 3, 32, 32], Float32Array.from(arrays.flatMap((each) => [...each])));
    const [byArray, byImages] = [join(folder, "a.npy"), join(folder, "b.npy")];
    report(ecagen(["run", model, x, "-o", byArray, "--json"]));
    const images = names.map((name) => join(IMAGES, name));
    const found = report(ecagen(["run", model, ...images, "-o", byImages, "--json"]));
    assert.equal(readFileSync(byImages), readFileSync(byArray));
    assert.is(found.preprocessing?.from, "model");
    assert.equal(
      found.outputs[0]?.top?.map((each) => each.length),
      [5, 5, 5],
    );
    const text = ecagen(["run", model, ...images]).stdout;
    for (const image of images) assert.ok(text.includes(`${image}\nprobability  class\n`), text);
  });

  test("a file that says nothing of images takes the default, with a note; one that isn't for images says so", () => {
    const builder = new GraphBuilder("plain");
    const y = builder.op("relu", [builder.input("x", tensorType([1, 3, 8, 8]))], {}, { scope: "/y" });
    const file = join(folder, "plain.onnx");
    writeFileSync(file, modelBytes(encodeModel(builder.finish([y]), { producerVersion: "0" }), { seed: 0 }));
    const { code, stderr } = ecagen(["run", file, join(IMAGES, "rgb.jpg")]);
    assert.is(code, 0);
    assert.match(
      stderr,
      /does not say how it takes images; this is the default: shorter-side, bicubic, crop 0\.875/,
    );
    const two = refusal([file, join(IMAGES, "rgb.jpg"), join(IMAGES, "rgb.png")]);
    assert.match(two, /it takes 1 at a time, and there are 2/);
    const sum = sumModel();
    assert.match(
      refusal([sum, `left=${join(IMAGES, "rgb.jpg")}`]),
      /left \[N, 2\]: it is no batch of images/,
    );
  });
} else {
  skip("run on images", "sharp is not installed");
}

test.run();
