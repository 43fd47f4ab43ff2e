import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bench } from "../src/driver/bench/bench.js";
import { compile } from "../src/driver/compile/compile.js";
import { type VerifyOptions, type VerifyReport, verify } from "../src/driver/verify/verify.js";
import { ATTENTION_TYPES } from "../src/ir/attention/modules.js";
import { chooseDevice } from "../src/trials/devices.js";
import { ecagen } from "./cli/run-cli.js";
import { appendOperator, changeModel } from "./onnx/changed-model.js";
import { sharedRuntime } from "./shared-runtime.js";
import { skip } from "./skip.js";
import { webgpuAdapter } from "./webgpu-adapter.js";

/**
 * The path of a GPU, on whatever adapter WebGPU finds here; in CI that is a driver in software, so images are
 * small and each network runs once for each set of weights.
 */
const test = suite("gpu: verified on WebGPU");
/** With the programs that the driver has compiled for another network. */
const runtime = sharedRuntime(test);
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-gpu-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const adapter = await webgpuAdapter();

/** Registers a test that needs an adapter; where none is found, the output says so in one loud line. */
function gpuTest(name: string, body: () => Promise<void>): void {
  if (adapter !== undefined) test(name, body);
  else skip(name, "WebGPU finds no adapter here");
}

async function expectOnGpu(model: string, options: VerifyOptions): Promise<VerifyReport> {
  const report = await verify(model, { ...options, device: "webgpu", runtime: runtime() });
  const short = { ...report, gates: undefined, blocks: undefined };
  assert.ok(report.ok, JSON.stringify(short, null, 1));
  assert.is(report.device.used, "webgpu");
  assert.is(report.device.cpuNodes, 0);
  assert.ok((report.placements[0]?.nodes ?? 0) > 20);
  const onGpu = report.comparisons.filter(({ b }) => b.endsWith("on webgpu"));
  assert.ok(onGpu.length > 0 && onGpu.every(({ cosine }) => cosine > 0.99999));
  return report;
}

const NETWORKS = ["b0-eca", "b0-se", "mobilenetv3-small-100", "resnet18-eca"] as const;

for (const name of NETWORKS) {
  gpuTest(`${name}: every node on the GPU, outputs as the interpreter's`, async () => {
    await expectOnGpu(`specs/${name}.json`, { resolution: 64, batches: [1], target: "gpu" });
  });
}

gpuTest("each attention module: every node on the GPU, every block as the interpreter's", async () => {
  const spec = join(folder, "gates.json");
  const block = { block: "inverted-residual", expansion: 2, kernel: 3, stride: 1, channels: 16 };
  const path = (dilation: number): object[] => [{ layer: "conv", channels: "in", kernel: 3, dilation }];
  writeFileSync(
    spec,
    JSON.stringify({
      name: "gates",
      input: { channels: 3, height: 28, width: 20 },
      stem: { channels: 16, kernel: 3, stride: 2 },
      blocks: {
        fork: { layers: [{ layer: "branches", join: { type: "sk" }, branches: [path(1), path(2)] }] },
      },
      stages: [
        { block: "fork", channels: 16 },
        ...ATTENTION_TYPES.map((attention) => ({ ...block, attention })),
      ],
      head: { channels: 32, classes: 10 },
    }),
  );
  const { blocks, firstDivergence } = await expectOnGpu(spec, {
    batches: [1],
    target: "gpu",
    perBlock: true,
  });
  assert.is(firstDivergence, null);
  assert.is(blocks?.length, 2 * (ATTENTION_TYPES.length + 3));
});

gpuTest("batches of 1 and 3, the CPU beside it, and the adapter's name", async () => {
  const report = await expectOnGpu("specs/small.json", { against: "cpu" });
  assert.equal(
    new Set(report.comparisons.map(({ a, b }) => `${a}: ${b}`)),
    new Set(["reference: export on webgpu", "reference: export on cpu", "export on cpu: export on webgpu"]),
  );
  assert.is(report.device.adapter, adapter?.name);
  const chosen = await chooseDevice("auto");
  assert.is.not(chosen.device, "cpu", "auto takes a GPU where there is one");
  assert.ok(chosen.passedOver.every(({ problem }) => problem !== undefined));
});

gpuTest(
  "an operator without a kernel: verify and bench name the node, and fail unless that is allowed",
  async () => {
    const file = join(folder, "foreign.onnx");
    await compile("specs/small.json", { output: file });
    changeModel(file, (nodes, model) => appendOperator(nodes, model, "Softsign"));
    const args = ["verify", file, "--device", "webgpu", "--against", "cpu", "--batch", "1"];
    const refused = ecagen(args);
    assert.is(refused.code, 1, refused.stderr);
    assert.match(refused.stdout, /1 of \d+ nodes ran on the CPU: \/head\/after\/Softsign \(Softsign\)/);
    const allowed = await verify(file, {
      device: "webgpu",
      against: "cpu",
      batches: [1],
      allowCpuNodes: true,
    });
    assert.ok(allowed.ok);
    assert.is(allowed.device.cpuNodes, 1);
    const timed = await bench([file], { device: "webgpu", processes: 1, runs: 1 }).catch(
      (error: Error) => error,
    );
    assert.match((timed as Error).message, /\/head\/after\/Softsign .* would run on the CPU/);
  },
);

gpuTest("bench runs on the GPU, and its profile names the provider", async () => {
  const options = { device: "webgpu", processes: 2, runs: 2, warmup: 1, profile: true } as const;
  const { device, models, profiles } = await bench(["specs/small.json"], options);
  assert.equal([device.used, device.cpuNodes], ["webgpu", 0]);
  assert.ok((models[0]?.medianMs ?? 0) > 0);
  assert.ok(profiles?.[0]?.operators.every(({ provider }) => provider === "WebGpuExecutionProvider"));
});

const NO_ADAPTER = "without an adapter: exit code 3 and what would help";
if (process.platform === "linux") {
  test(NO_ADAPTER, () => {
    const run = ecagen(["verify", "specs/small.json", "--device", "webgpu"], {
      VK_DRIVER_FILES: "/no/such/driver.json",
      VK_ICD_FILENAMES: "/no/such/driver.json",
    });
    assert.is(run.code, 3);
    assert.match(run.stderr, /WebGPU .* can't run a small model here: .*adapter/);
    assert.match(run.stderr, /hint: needs .*Vulkan/);
  });
} else {
  skip(NO_ADAPTER, "only Linux has Vulkan's variables");
}

test.run();
