import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countsOf, differences, type ReferenceNetwork, reference } from "../scripts/reference-table.js";
import { compile } from "../src/driver/compile/compile.js";
import { explainKernels } from "../src/driver/explain/explain.js";
import { verify } from "../src/driver/verify/verify.js";
import { specNetwork } from "../src/given/spec-file.js";
import { openSession } from "../src/runtime/session.js";
import { inputShapes, randomInputs } from "../src/trials/numbers.js";
import { sharedRuntime } from "./shared-runtime.js";
import { skip } from "./skip.js";

/**
 * The gallery is a test: the specs meet the counts of the reference implementations, compile and verify. What is
 * compared, and with which numbers, is in scripts/reference-table.ts.
 */
const { families, networks, unmatched } = reference;
const gallery = readdirSync("specs")
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"));
const specOf = (name: string): string => `specs/${name}.json`;

/**
 * Those that are run in every test run: small ones, and of the larger ones of a family, which repeat its blocks more
 * often, one with each gate. The others: `npx ecagen verify SPEC`. Gates other than SE and
 * ECA are verified in test/driver/attention-modules.test.ts.
 */
const runnable = gallery.filter((name) =>
  /^(b0-(se|eca|none)|b1-se|b2-eca|b3-none|lite[04]|small|mobilenetv[13]-small|tf-mobilenetv3-small)/.test(
    name,
  ),
);

/**
 * Specs without a row: variants that complete a family; backbones, which features.test.ts has; networks that
 * networks/network-numbers.test.ts has; detectors, which networks/detectors.test.ts has; v2-s-se, which
 * reference-architectures.test.ts has; and two ECA-Nets, which paper-tables.test.ts and conventions.test.ts have.
 */
const WITHOUT_REFERENCE = [
  "b0-eca-features",
  "bn-inception",
  "cifar-resnet110-a",
  "cifar-resnet110-b",
  "cifar-resnet110-b-c100",
  "cifar-shake-shake-26-2x96d",
  "cifar-wrn-16-8-c100",
  "convnext-tiny",
  "densenet-121",
  "eca-nfnet-l0",
  "ecapa-tdnn-1024",
  "ecapa-tdnn-512",
  "efficientdet-d0",
  "efficientdet-d0-boxes",
  "efficientvit-b0",
  "fbnetv3-b",
  "fcos-resnet50-fpn-boxes",
  "ghostnet-100",
  "hrnet-w18-small",
  "inception-v3-eca",
  "inception-v3-se",
  "ir-se50",
  "lcnet-100",
  "mmdet-faster-rcnn-resnet101-eca",
  "mmdet-faster-rcnn-resnet101-se",
  "mmdet-faster-rcnn-resnet50-eca",
  "mmdet-faster-rcnn-resnet50-se",
  "mmdet-mask-rcnn-resnet101-eca",
  "mmdet-mask-rcnn-resnet101-se",
  "mmdet-mask-rcnn-resnet50-eca",
  "mmdet-mask-rcnn-resnet50-se",
  "mobilenetv3-large-100-features",
  "mobilenetv4-conv-small",
  "mobileone-s0",
  "mobileone-s0-merged",
  "mobilevit-xs",
  "regnety-400mf",
  "repvgg-a0",
  "repvgg-a0-merged",
  "res2net50-26w-4s",
  "resnet152-eca-k3357",
  "resnet18d",
  "resnet269d",
  "resnet34-eca-k3357",
  "resnet50-features",
  "retinanet-resnet101-eca",
  "retinanet-resnet101-se",
  "retinanet-resnet50-eca",
  "retinanet-resnet50-fpn-boxes",
  "retinanet-resnet50-se",
  "rexnet-100",
  "semnasnet-100-eca",
  "shufflenetv2-100",
  "small",
  "tf-v2-b1-se",
  "tf-v2-b2-none",
  "tf-v2-b3-se",
  "tresnet-m",
  "tv-mobilenetv3-small",
  "unet-scse",
  "v2-m-none",
  "v2-s-se",
  "v2-xl-eca",
  "v2-xl-se",
  "yolov4",
  "yolov4-boxes",
  "yolov4-eca",
  "yolov4-sam",
  "yolov5s",
  "yolov5s-boxes",
  "yolov8n",
  "yolov8n-boxes",
];

/** The SHA-256 of each spec's ONNX file (scripts/network-hashes.ts). */
const KEPT_HASHES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync("test/data/network-hashes.json", "utf8"),
);

const test = suite("gallery");
const runtime = sharedRuntime(test);
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-gallery-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("every spec is a network of the reference, and every network a spec or has a reason", () => {
  const matched = new Set(Object.values(networks).map(({ spec }) => spec));
  assert.equal(gallery.filter((name) => !matched.has(name)).sort(), WITHOUT_REFERENCE);
  assert.equal(
    [...Object.keys(networks), ...Object.keys(unmatched)].sort(),
    Object.values(families).flat().sort(),
    "each network of the reference is in one of the two lists",
  );
  for (const [name, reason] of Object.entries(unmatched)) assert.ok(reason.length > 10, name);
});

test("a number that is not the reference's is found", () => {
  const b0 = networks.efficientnet_b0 as ReferenceNetwork;
  assert.equal(differences({ ...b0, buffers: 42017, macsAt: { 224: 1 } }), [
    "buffers: 42016, the reference has 42017",
    "macs at 224: 385814752, the reference has 1",
  ]);
});

for (const [name, network] of Object.entries(networks)) {
  const { spec, passes } = network;
  test(`${name} is ${spec}${passes === undefined ? "" : ` with ${passes}`}: the reference's counts`, () => {
    assert.equal(differences(network), []);
  });
}

for (const spec of gallery) {
  test(`${spec} expects its parameters, attention's and its MACs`, () => {
    const { expectations } = countsOf(spec);
    const met = expectations.filter(({ ok }) => ok).map(({ name }) => name);
    assert.equal(met.slice(0, 3), ["expect.parameters", "expect.attentionParameters", "expect.macs"]);
    // Products of computed tensors are said where they are published.
    assert.equal(
      met.slice(3),
      expectations.slice(3).map(() => "expect.productMacs"),
    );
  });
}

test("k of EfficientNet-B0's gates: 3, 3, then fourteen times 5", () => {
  const { gates } = explainKernels(specOf("b0-eca"));
  assert.equal(
    gates.map((gate) => gate.k),
    [3, 3, ...Array<number>(14).fill(5)],
  );
});

for (const name of runnable) {
  test(`${name}: compiles and verifies, on small images`, async () => {
    const report = await verify(specOf(name), { resolution: 32, batches: [1, 2], runtime: runtime() });
    assert.ok(report.ok, JSON.stringify(report, null, 1));
  });
}

test("l2-eca: ONNX Runtime loads it from its external data", async () => {
  const output = join(folder, "l2.onnx");
  const report = await compile(specOf("l2-eca"), { output, externalData: true });
  assert.ok((report.externalData?.bytes ?? 0) > 388681556 * 3.9);
  assert.ok(report.bytes < 1e6);
  const session = await openSession(output);
  assert.equal(session.outputNames, ["logits"]);
  await session.close();
  rmSync(output);
  rmSync(report.externalData?.file ?? "");
});

const PYTHON = "/usr/bin/python3";
const hasModule = (module: string): boolean => spawnSync(PYTHON, ["-c", `import ${module}`]).status === 0;

function python(
  script: string,
  args: readonly string[],
): { ok: boolean; results: { ok: boolean; file: string }[] } {
  const { stdout, stderr } = spawnSync(PYTHON, [`test/python/${script}`, ...args], { encoding: "utf8" });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

const fileOf = (name: string): string => join(folder, `${name}.onnx`);

test("every spec has the hash of its file among those that are kept", () => {
  assert.equal(Object.keys(KEPT_HASHES).sort(), [...gallery].sort());
});

for (const name of runnable) {
  test(`${name}: the same bytes as ever (npm run hashes has the others)`, async () => {
    const { sha256 } = await compile(specOf(name), { output: fileOf(name) });
    assert.is(sha256, KEPT_HASHES[name]);
  });
}

if (hasModule("onnx")) {
  test("onnx.checker with strict shape inference accepts the files", () => {
    const files = runnable.map(fileOf);
    const { results } = python("check_onnx.py", files);
    for (const file of files) rmSync(file);
    assert.equal(
      results.map(({ file, ok }) => [file, ok]),
      files.map((file) => [file, true]),
      JSON.stringify(results),
    );
  });
} else {
  skip("onnx.checker on the gallery", `${PYTHON} has no module onnx`);
}

if (hasModule("cv2")) {
  test("b0-eca: OpenCV loads the file and agrees with ONNX Runtime", async () => {
    const output = join(folder, "cv.onnx");
    await compile(specOf("b0-eca"), { output, passes: "stress-weights" });
    const { graph } = specNetwork(specOf("b0-eca"));
    const image = Float32Array.from(randomInputs(inputShapes(graph), 1, 0).get("input")?.data ?? []);
    const session = await openSession(output);
    const logits = (await session.run(new Map([["input", { dims: [1, 3, 224, 224], data: image }]]))).get(
      "logits",
    );
    await session.close();
    writeFileSync(join(folder, "x.f32"), image);
    writeFileSync(join(folder, "y.f32"), logits?.data ?? new Float32Array());
    const tensors = ["--input", join(folder, "x.f32"), "--expected", join(folder, "y.f32")];
    const result = python("check_opencv.py", [
      output,
      ...tensors,
      "--shape",
      "1,3,224,224",
      "--tolerance",
      "1e-3",
    ]);
    assert.ok(result.ok, JSON.stringify(result));
  });
} else {
  skip("OpenCV on EfficientNet-B0", `${PYTHON} has no module cv2`);
}

test.run();
