import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomStream } from "../../src/base/random.js";
import { writeModel } from "../../src/files/models/write.js";
import type { Graph } from "../../src/ir/graph.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { invocationOf } from "../../src/passes/engine/pipeline.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { skip } from "../skip.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { casesOf } from "./cases.js";
import { type GateForm, smallNetwork } from "./networks.js";

const test = suite("onnx: other readers");

// The system's Python has the modules where Debian's python3-onnx and python3-opencv are installed.
const PYTHON = "/usr/bin/python3";
const PIXELS = 3 * 32 * 32;

function script(name: string, args: readonly string[]) {
  const path = fileURLToPath(new URL(`../python/${name}`, import.meta.url));
  const { stdout, stderr } = spawnSync(PYTHON, [path, ...args], { encoding: "utf8" });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout) as {
    ok: boolean;
    error?: string;
    results: { ok: boolean; file: string; error?: string }[];
  };
}

const PRESENT = new Map(
  ["onnx", "cv2"].map((module) => [module, spawnSync(PYTHON, ["-c", `import ${module}`]).status === 0]),
);

/** Registers a test that needs a Python module; where it is missing, the output says so in one loud line. */
function testWith(module: "onnx" | "cv2", name: string, body: () => Promise<void>): void {
  if (PRESENT.get(module)) test(name, body);
  else skip(name, `${PYTHON} has no module ${module}`);
}

/** The network in half precision where that is safe: both element types, and casts between them. */
const inHalf = (graph: Graph): Graph => runPasses(graph, [invocationOf("lower-precision")]).graph;

async function write(
  folder: string,
  name: string,
  graph = smallNetwork(),
  more: { opset?: number; externalData?: boolean } = {},
) {
  const file = join(folder, `${name}.onnx`);
  const encoded = encodeModel(graph, { producerVersion: "0", opset: more.opset });
  await writeModel(file, encoded, { seed: 1, externalData: more.externalData });
  return file;
}

testWith(
  "onnx",
  "onnx.checker accepts every primitive op in both element types, both gates and external data",
  () =>
    inTemporaryFolder(async (folder) => {
      const files = [
        await write(folder, "reshape", smallNetwork("reshape")),
        await write(folder, "transpose", smallNetwork("transpose", 2)),
        await write(folder, "half", inHalf(smallNetwork("reshape"))),
        await write(folder, "half-13", inHalf(smallNetwork("transpose", 2)), { opset: 13 }),
        await write(folder, "external", smallNetwork("transpose", "N", 64), { externalData: true }),
      ];
      let i = 0;
      for (const opset of [13, 17]) {
        for (const { graph } of casesOf(opset)) {
          files.push(await write(folder, `case-${i++}`, graph, { opset }));
        }
      }
      const before = files.map((file) => readFileSync(file));
      const { results } = script("check_onnx.py", files);
      assert.is(results.length, files.length);
      for (const { ok, file, error } of results) assert.ok(ok, `${file}: ${error}`);
      assert.ok(
        files.every((file, at) => before[at]?.equals(readFileSync(file))),
        "the check changes no file",
      );
    }),
);

testWith(
  "onnx",
  "the check by onnx.checker can fail: a declared size that is wrong, a type that is missing",
  () =>
    inTemporaryFolder(async (folder) => {
      const encoded = encodeModel(smallNetwork(), { producerVersion: "0" });
      const [first, ...others] = encoded.graph.valueInfo ?? [];
      const wrong = { ...first, type: others.at(-1)?.type ?? null };
      for (const [name, valueInfo] of [
        ["wrong", [wrong, ...others]],
        ["missing", others],
      ] as const) {
        const file = join(folder, `${name}.onnx`);
        await writeModel(
          file,
          { ...encoded, graph: { ...encoded.graph, valueInfo: [...valueInfo] } },
          { seed: 1 },
        );
        const [result] = script("check_onnx.py", [file]).results;
        assert.not.ok(result?.ok, name);
      }
    }),
);

/** OpenCV's verdict on a small network, compared with ONNX Runtime's output times `factor`. */
function runInOpenCv(form: GateForm, batch: number | string, factor = 1) {
  return inTemporaryFolder(async (folder) => {
    const file = await write(folder, "m", smallNetwork(form, batch));
    const stream = randomStream(1, "image");
    const image = Float32Array.from({ length: PIXELS }, () => stream.normal());
    const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
    const { logits } = await session.run({ x: new Tensor("float32", image, [1, 3, 32, 32]) });
    const expected = Float32Array.from((logits as Tensor).data as Float32Array, (y) => y * factor);
    writeFileSync(join(folder, "x.f32"), encodeElements(image, "float32"));
    writeFileSync(join(folder, "y.f32"), encodeElements(expected, "float32"));
    const paths = ["--input", join(folder, "x.f32"), "--expected", join(folder, "y.f32")];
    return script("check_opencv.py", [file, ...paths, "--shape", "1,3,32,32", "--tolerance", "1e-5"]);
  });
}

for (const form of ["reshape", "transpose"] as const) {
  for (const batch of [1, "N"]) {
    testWith("cv2", `OpenCV runs the gate of form ${form} with batch ${batch}`, async () => {
      const result = await runInOpenCv(form, batch);
      assert.ok(result.ok, JSON.stringify(result));
    });
  }
}

testWith("cv2", "the check by OpenCV can fail: an output that is 0.1 % off", async () => {
  assert.not.ok((await runInOpenCv("transpose", "N", 1.001)).ok);
});

test.run();
