import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../src/driver/compile.js";
import { explainKernels } from "../src/driver/explain.js";
import { specNetwork } from "../src/driver/network.js";
import { randomInputs } from "../src/driver/numbers.js";
import { stats } from "../src/driver/stats.js";
import { verify } from "../src/driver/verify.js";
import { openSession } from "../src/runtime/session.js";

/**
 * The gallery is a test: every spec in specs/ meets the reference's counts, compiles and verifies.
 * test/data/gallery-reference.json was made from timm's models; `source` says which.
 */
interface ReferenceCounts {
  readonly input: readonly number[];
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly attentionModules: number;
  readonly buffers: number;
  readonly macs: number;
  readonly attentionMacs: number;
  readonly macsAt: Readonly<Record<string, number>>;
}

const reference = JSON.parse(readFileSync("test/data/gallery-reference.json", "utf8")) as Readonly<
  Record<string, ReferenceCounts>
>;
const gallery = readdirSync("specs")
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"));
const specOf = (name: string): string => `specs/${name}.json`;

/** Those that are small enough to be run in every test run. B4 and above: `npx ecagen verify SPEC`. */
const runnable = gallery.filter((name) => /^(b[0-3]|lite|small)/.test(name));

const test = suite("gallery");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-gallery-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("every network of the reference is in the gallery", () => {
  assert.equal([...gallery].filter((name) => name !== "small").sort(), Object.keys(reference).sort());
});

for (const [name, expected] of Object.entries(reference)) {
  test(`${name}: the reference's counts`, () => {
    const report = stats(specOf(name));
    const { parameters, attentionParameters, buffers, macs, attentionMacs } = report;
    const { channels, height, width } = report.input;
    assert.equal(
      { parameters, attentionParameters, buffers, macs, attentionMacs, input: [1, channels, height, width] },
      {
        parameters: expected.parameters,
        attentionParameters: expected.attentionParameters,
        buffers: expected.buffers,
        macs: expected.macs,
        attentionMacs: expected.attentionMacs,
        input: expected.input,
      },
    );
    assert.is(report.blocks.flatMap((block) => block.attention).length, expected.attentionModules);
    assert.equal(
      report.expectations.map((each) => each.ok),
      [true, true, true],
      "the spec expects all three numbers",
    );
    for (const [resolution, macsThere] of Object.entries(expected.macsAt)) {
      assert.is(stats(specOf(name), { resolution: Number(resolution) }).macs, macsThere, `at ${resolution}`);
    }
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
    const report = await verify(specOf(name), { resolution: 32, batches: [1, 2] });
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

if (hasModule("onnx")) {
  for (const name of runnable) {
    test(`${name}: onnx.checker with strict shape inference accepts the file`, async () => {
      const output = join(folder, `${name}.onnx`);
      await compile(specOf(name), { output });
      const { results } = python("check_onnx.py", [output]);
      rmSync(output);
      assert.equal(
        results.map(({ ok }) => ok),
        [true],
        JSON.stringify(results),
      );
    });
  }
} else {
  console.warn(`\n!!! SKIPPED, because ${PYTHON} has no module onnx: onnx.checker on the gallery\n`);
}

if (hasModule("cv2")) {
  test("b0-eca: OpenCV loads the file and agrees with ONNX Runtime", async () => {
    const output = join(folder, "cv.onnx");
    await compile(specOf("b0-eca"), { output, passes: "stress-weights" });
    const { graph } = specNetwork(specOf("b0-eca"));
    const image = Float32Array.from(randomInputs(graph, 1, 0).get("input")?.data ?? []);
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
  console.warn(`\n!!! SKIPPED, because ${PYTHON} has no module cv2: OpenCV on EfficientNet-B0\n`);
}

test.run();
