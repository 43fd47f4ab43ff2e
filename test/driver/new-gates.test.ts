import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FIGURED, newGateFigures } from "../../bench/new-gate-figures.js";
import { calibrationOf, npyBytes, structuredImages } from "../../bench/structured-images.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { withOpenWeights } from "../../src/given/weights.js";
import { attentionTypeOf } from "../../src/ir/attention/modules.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import { storedLeaves } from "../../src/ir/weight.js";
import { imageOf } from "../../src/language/input.js";
import type { SpecNetwork } from "../../src/networks/spec-network.js";
import { observeGates } from "../../src/new-gates/gate-responses.js";
import type { StartedGates } from "../../src/new-gates/start.js";
import { traceGraph } from "../../src/reference/interpreter.js";
import { startRuntime } from "../../src/runtime/session.js";
import { withCalibration } from "../../src/trials/calibration.js";
import { type NewGatesOptions, startNewGates } from "../../src/trials/new-gates.js";
import { parameterNumbers } from "../../src/trials/numbers.js";
import { imageRuns } from "../../src/trials/run-graph.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const FIXTURES = "test/data/fixtures";

const test = suite("driver: gates that a swap made");

/** A network of the fixtures after some passes, for as long as its weights are open. */
function withNetwork<T>(
  name: string,
  passes: string | undefined,
  use: (network: SpecNetwork) => Promise<T>,
): Promise<T> {
  return withOpenWeights({ weights: `${FIXTURES}/${name}.safetensors` }, async (given) =>
    use(specNetwork(`${FIXTURES}/${name}.json`, { given, passes })),
  );
}

/** Starts the gates that passes put into a network of the fixtures. */
function started(
  name: string,
  passes: string,
  options: Pick<NewGatesOptions, "newGates" | "fitSteps">,
): Promise<StartedGates & { readonly network: SpecNetwork }> {
  return inTemporaryFolder((folder) =>
    withNetwork(name, passes, async (network) => {
      const calibrate = join(folder, "x.npy");
      writeFileSync(calibrate, npyBytes(structuredImages(8, imageOf(network.spec.resolved.input).height, 0)));
      const calibration = calibrationOf(calibrate, network.graph);
      return {
        ...(await startNewGates(network.original, network.graph, { calibration, ...options }, 0)),
        network,
      };
    }),
  );
}

for (const name of ["effnet_se", "mobilenetv3_se", "resnet_bottleneck_cbam"]) {
  test(`${name}: what ONNX Runtime shows of each gate is what the interpreter computes`, () =>
    withNetwork(name, undefined, ({ graph }) =>
      withCalibration(calibrationOf("random:2", graph), graph, 0, async (images) => {
        const gates = graph.ops.filter(({ kind }) => attentionTypeOf(kind) !== undefined);
        const runtime = await startRuntime();
        const { gates: seen } = await observeGates(imageRuns(runtime, images, 0), graph, gates).finally(
          runtime.close,
        );
        const inputs = [...images.feed(1)].map(
          ([input, { dims, data }]) => [input, { dims, data: Float64Array.from(data) }] as const,
        );
        const trace = traceGraph(graph, new Map(inputs), parameterNumbers(0));
        gates.forEach((gate, i) => {
          const [x, y] = [gate.operands[0], gate.results[0]].map((value) => value && trace.get(value)?.data);
          const channels = seen[i]?.channels ?? 0;
          const area = (x?.length ?? 0) / channels;
          for (let c = 0; c < channels; c++) {
            const [a, b] = [x, y].map((values) =>
              values?.subarray(c * area, (c + 1) * area),
            ) as Float64Array[];
            const dot = (p: ArrayLike<number>, q: ArrayLike<number>): number =>
              Array.from(p).reduce((sum, value, at) => sum + value * (q[at] as number), 0);
            const ones = new Float64Array(area).fill(1);
            const expected = {
              squeeze: dot(a as Float64Array, ones) / area,
              power: dot(a as Float64Array, a as Float64Array) / area,
              response: dot(a as Float64Array, b as Float64Array) / dot(a as Float64Array, a as Float64Array),
            };
            for (const [what, value] of Object.entries(expected)) {
              const actual = seen[i]?.[what as keyof typeof expected][channels + c] ?? Number.NaN;
              assert.ok(
                Math.abs(actual - value) <= 1e-4 * Math.max(1, Math.abs(value)),
                `${gate.loc.scope}, channel ${c}, ${what}: ${actual}, expected ${value}`,
              );
            }
          }
        });
      }),
    ));
}

test("gates that an ECA gate can be are found: k = 3 and 5 become 7 of the same numbers, and the outputs stay", async () => {
  const { report } = await started("effnet_eca", "swap-attention{to={type=eca,kernel=7}}", {
    newGates: "fit",
  });
  assert.is(report.gates.length, 6);
  for (const { at, likeness } of report.gates) assert.ok(likeness.fit.relativeError < 1e-5, at);
  assert.ok(report.output.fit.relativeError < 1e-5);
  assert.ok(report.output.neutral.relativeError > 0.1);
});

test("only the new gates and the layers that take their factors get other numbers", async () => {
  for (const [name, side] of [
    ["effnet_se", /\.project\.conv\.weight$/],
    ["resnet_basic_se", /\.norm\.(weight|bias)$/],
  ] as const) {
    const {
      graphs,
      report,
      started: names,
      network,
    } = await started(name, "swap-attention{to=eca}", {
      newGates: "neutral",
    });
    const factors = report.gates.flatMap(({ factorIn }) => factorIn);
    assert.ok(factors.length > 0);
    for (const factor of factors) assert.match(factor, side);
    for (const graph of [graphs.neutral, graphs.fit]) {
      assert.equal(changed(network.graph, graph), [...names, ...factors].sort());
    }
    assert.equal(changed(network.graph, graphs.init), []);
  }
});

test("between an activation and a sum no layer takes factors: neutral is 1/2, and the report says why", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "post.json");
    writeFileSync(
      file,
      JSON.stringify({
        name: "post",
        input: { channels: 3, height: 32, width: 32 },
        attention: { type: "se", position: "post", ratio: 0.25 },
        stem: { channels: 8, kernel: 3, stride: 2 },
        stages: [{ block: "basic", repeat: 2, channels: 8, stride: 1 }],
        head: { classes: 4 },
      }),
    );
    const { original, graph } = specNetwork(file, { passes: "stress-weights,swap-attention{to=eca}" });
    const { graphs, report } = await startNewGates(
      original,
      graph,
      { calibration: calibrationOf("random:4", graph) },
      0,
    );
    const [gate] = report.gates;
    assert.is(gate?.reason, "it stands between silu and add");
    assert.equal(gate?.factorIn, []);
    assert.equal(
      changed(graph, graphs.neutral),
      report.gates.map(({ at }) => `${at.slice(1).replaceAll("/", ".")}.conv.weight`),
    );
  }));

test("without a wish there is nothing to run, and gates whose weights are given are not new", async () => {
  await withNetwork("effnet_se", undefined, async ({ original }) => assert.is(original, undefined));
  // The spec swaps SE for ECA, and the file has ECA's weights.
  await withNetwork("effnet_eca", undefined, async ({ original, graph }) => {
    assert.is(original, undefined);
    assert.ok(graph.ops.some(({ kind }) => kind === "attention.eca"));
  });
});

const SWAP = "swap-attention{to=eca}";

test("gates are fitted together by arrays and pictures; else the report says why not", async () => {
  const { report } = await started("effnet_se", SWAP, { newGates: "fit", fitSteps: 3 });
  const { together, output } = report;
  if (together === undefined || "reason" in together) throw new Error("the gates were not fitted together");
  assert.equal([together.steps, together.imagesPerStep], [3, 6]);
  assert.is(output.fit.relativeError, Math.min(together.before, together.after));
  assert.is(together.kept, together.after < together.before);

  const none = await started("effnet_se", SWAP, { newGates: "fit", fitSteps: 0 });
  assert.equal(none.report.together, { steps: 0, reason: "--fit-steps 0" });
  assert.is(none.report.output.fit.relativeError, together.before);
  assert.is((await started("effnet_se", SWAP, { newGates: "neutral" })).report.together, undefined);

  await withNetwork("effnet_se", SWAP, async ({ original, graph }) => {
    for (const [calibrate, reason] of [
      ["random:8", /random/],
      ["random:3", /random/],
    ] as const) {
      const calibration = calibrationOf(calibrate, graph);
      const { report } = await startNewGates(original, graph, { newGates: "fit", calibration }, 0);
      assert.ok(report.together !== undefined && "reason" in report.together);
      assert.match(report.together.reason, reason);
    }
  });
});

test("too few images to hold one out: nothing would show whether fitting together helps", () =>
  inTemporaryFolder((folder) =>
    withNetwork("effnet_se", SWAP, async ({ original, graph }) => {
      const calibrate = join(folder, "x.npy");
      writeFileSync(calibrate, npyBytes(structuredImages(3, 32, 0)));
      const calibration = calibrationOf(calibrate, graph);
      const { report } = await startNewGates(original, graph, { newGates: "fit", calibration }, 0);
      assert.ok(report.together !== undefined && "reason" in report.together);
      assert.match(report.together.reason, "too few images to hold one out");
    }),
  ));

test("factors that go through a ReLU stay positive, however far the gates move", async () => {
  const { graph } = await started("resnet_basic_se", SWAP, { newGates: "fit", fitSteps: 20 });
  for (const { name, data } of parametersOf(graph)) {
    const [, factors] = [...storedLeaves(data)].filter(([label]) => label.startsWith("new:/"))[0] ?? [];
    if (factors === undefined) continue;
    const numbers = new Float64Array(factors.length);
    if ("copyTo" in factors) factors.copyTo(numbers, 0);
    else numbers.set(factors);
    assert.ok(
      numbers.every((each) => each >= 0),
      name,
    );
  }
});

/** The table of docs/weights.md: network, images, then error and cosine of each start. */
const rows = [
  ...readFileSync("docs/weights.md", "utf8").matchAll(/^\| `(\w+)` \| ([\w ]+) \| (.*) \|$/gm),
].map(([, name, images, cells = ""]) => ({
  name,
  images,
  figures: cells.split(" | ").map((cell) => cell.split(" %, ").map(Number)),
}));

for (const name of FIGURED) {
  test(`${name}: gates fitted together are nearer than each by itself, that is nearer than neutral and neutral than init, as docs/weights.md says`, async () => {
    const figures = await newGateFigures(name);
    for (const [images, actual] of [
      ["held out", figures.calibrated],
      ["others", figures.others],
    ] as const) {
      const documented = rows.find((row) => row.name === name && row.images === images)?.figures ?? [];
      assert.is(documented.length, 4, "npm run bench:gates makes the table");
      actual.forEach(({ relativeError, cosine }, i) => {
        const [percent = Number.NaN, angle = Number.NaN] = documented[i] ?? [];
        assert.ok(
          Math.abs(relativeError * 100 - percent) < 0.01 * percent,
          `${images}: ${relativeError}, not ${percent} %`,
        );
        assert.ok(Math.abs(cosine - angle) < 0.005, `${images}: ${cosine}, not ${angle}`);
      });
      const [init = 0, neutral = 0, single = 0, fit = 0] = actual.map(({ relativeError }) => relativeError);
      assert.ok(neutral < 0.9 * init, `${init}, ${neutral}`);
      assert.ok(fit < single, `${single}, ${fit}`);
      // A dozen images that are held out say less than the many others.
      if (images === "others") assert.ok(single < 0.9 * neutral, `${neutral}, ${single}`);
    }
  });
}

/** Names of the parameters that have other numbers in one graph than in the other, sorted. */
function changed(a: Graph, b: Graph): readonly string[] {
  const before = new Map(parametersOf(a).map((parameter) => [parameter.name, parameter]));
  return parametersOf(b)
    .filter((parameter) => before.get(parameter.name) !== parameter)
    .map(({ name }) => name)
    .sort();
}

test.run();
