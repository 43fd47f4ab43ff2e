import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { stats } from "../../src/driver/stats/stats.js";
import { verify } from "../../src/driver/verify/verify.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { parse, problems } from "../language/support.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { rejectsError, throwsError } from "../throws.js";
import { SIGNAL_NETWORK } from "./signals.js";

const test = suite("blocks: of signals");

const graphOf = (spec: object): Graph => buildNetwork(parse(JSON.stringify(spec)).resolved);

const SMALL = { input: { channels: 4, length: 40 }, stem: { channels: 8, kernel: 5 }, head: { classes: 3 } };

test("kernels are of one axis, as PyTorch's Conv1d has them, and so are the counts", () => {
  const graph = graphOf({ ...SMALL, stages: [{ block: "basic", kernel: 3, channels: 8 }] });
  const shapes = new Map(parametersOf(graph).map(({ name, type }) => [name, type.dims]));
  assert.equal(shapes.get("stem.conv.weight"), [8, 4, 5]);
  assert.equal(shapes.get("stages.0.blocks.0.first.conv.weight"), [8, 8, 3]);
  const { parameters, macs } = countNetwork(graph);
  // The stem and two convolutions of the block, each with a normalisation, and the classifier.
  assert.is(parameters, 8 * 4 * 5 + 16 + 2 * (8 * 8 * 3 + 16) + 3 * 8 + 3);
  assert.is(macs, 20 * 8 * 4 * 5 + 2 * 20 * 8 * 8 * 3 + 3 * 8);
});

test("every layer and block: ONNX Runtime agrees, and every gate matters", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "signals.json");
    writeFileSync(file, JSON.stringify(SIGNAL_NETWORK));
    const { ok, comparisons, checks } = await verify(file, {});
    assert.ok(ok, JSON.stringify(checks));
    assert.is(comparisons.length, 4);
  });
});

test("a file of signals is counted and compared, and no spec is found for it", async () => {
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at("signals.json"), JSON.stringify(SIGNAL_NETWORK));
    await compile(at("signals.json"), { output: at("signals.onnx") });
    const { input, macs } = stats(at("signals.onnx"));
    assert.equal(input, { channels: 5, length: 90 });
    assert.is(macs, stats(at("signals.json")).macs);
    const found = () => inspect(at("signals.onnx"), { spec: at("found.json") });
    await rejectsError(found, InputError, /its input is a signal/);
    assert.not(existsSync(at("found.json")));
  });
});

const own = (layer: object): object => ({
  ...SMALL,
  blocks: { own: { layers: [layer] } },
  stages: [{ block: "own" }],
});

test("what a signal can't have is refused at its place", () => {
  const AT = "$.blocks.own.layers[0]";
  for (const [layer, expected] of [
    [{ layer: "conv", channels: 8, kernel: [3, 1] }, [`${AT}.kernel`, /a signal has one axis/]],
    [{ layer: "pool", kind: "max", padding: [1, 1] }, [`${AT}.padding`, /a signal has one axis/]],
    [{ layer: "pad", pads: [1, 1, 1, 1] }, [`${AT}.pads`, /a signal has two ends/]],
    [{ layer: "conv-transpose", channels: 8 }, [AT, /of maps with height and width/]],
    [{ layer: "space-to-depth" }, [AT, /of maps with height and width/]],
    [{ layer: "depth-to-space" }, [AT, /of maps with height and width/]],
  ] as const) {
    const [problem, ...more] = problems(JSON.stringify(own(layer)));
    assert.is(problem?.path, expected[0]);
    assert.match(problem?.message ?? "", expected[1]);
    assert.equal(more, []);
  }
});

test("a map has four sides to pad", () => {
  const [problem] = problems(
    JSON.stringify({ ...own({ layer: "pad", pads: [1, 1] }), input: { height: 32, width: 32 } }),
  );
  assert.match(problem?.message ?? "", /a map has four sides/);
});

test("a gate that reads height and width is refused at its block", () => {
  for (const type of ["cbam", "coord", "ge", "bam", "scse", "gc", "nl", "a2", "aa", "gsop", "sam"]) {
    const stages = [{ block: "basic", kernel: 3, channels: 32, attention: type }];
    const spec = { ...SMALL, stem: { channels: 32 }, stages };
    throwsError(() => graphOf(spec), InputError, /\/stages\/0\/blocks\/0\/attention: .*\[N, C, H, W\]/);
  }
});

test("a pooling's weights are as many as its channels, and a maximum has none", () => {
  const pooled = (channels: number, pool: object): object => ({
    ...SMALL,
    blocks: {
      own: {
        layers: [
          { layer: "conv", channels, as: "shares" },
          { layer: "global-pool", from: "input", weights: "shares", ...pool },
        ],
      },
    },
    stages: [{ block: "own" }],
  });
  const said = (channels: number, pool: object) =>
    problems(JSON.stringify(pooled(channels, pool))).map(({ path, message }) => `${path}: ${message}`);
  parse(JSON.stringify(pooled(8, {})));
  assert.match(said(4, {})[0] ?? "", /weights: weights of 4 channels don't fit the 8/);
  assert.match(said(8, { kind: "max" })[0] ?? "", /weights: a maximum has no weights/);
  assert.match(said(8, { epsilon: 0.1 })[0] ?? "", /epsilon: a deviation alone/);
});

test.run();
