import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CONVENTION_NAMES, printNumber } from "../../src/analysis/conventions/convention.js";
import { conventions } from "../../src/analysis/conventions/registry.js";
import { thopOperations } from "../../src/analysis/conventions/thop.js";
import { stats } from "../../src/driver/stats/stats.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { startAtOne } from "../../src/ir/initializers.js";
import { tensorType } from "../../src/ir/types.js";
import { byConvention } from "../../src/reports/conventions.js";
import { ecagen } from "../cli/run-cli.js";

const test = suite("analysis: conventions");

/**
 * What thop printed at its commit a62e93d for torchvision's resnet50 and for the models of github.com/BangguWu/ECANet. It
 * adds up in float32, so its numbers are ours rounded to float32.
 */
const THOP: readonly (readonly [spec: string, operations: number])[] = [
  ["resnet50", 4142111744],
  ["resnet18-eca-k3577", 1826867200],
  ["resnet34-eca-k3357", 3682837248],
  ["resnet50-eca-k3557", 4147732480],
  ["resnet101-eca-k3357", 7887349760],
  ["resnet152-eca-k3357", 11633377280],
  ["official-eca-mobilenetv2-100", 335449024],
];

for (const [spec, operations] of THOP) {
  test(`thop's operations of ${spec}`, () => {
    const { graph } = specNetwork(`specs/${spec}.json`);
    assert.is(Math.fround(byConvention(graph, "eca").operations.exact), operations);
  });
}

test("thop counts a bias once for each input, a pool by its window, and no other op", () => {
  const builder = new GraphBuilder("small");
  const at = (layer: string) => ({ scope: `/stem/${layer}` });
  builder.block({ scope: "/stem", type: "stem", inputChannels: 4 });
  const x = builder.input("x", tensorType(["N", 4, 6, 6]));
  const weight = builder.parameter("w", [8, 2, 3, 3], startAtOne);
  const bias = builder.parameter("b", [8], startAtOne);
  const conv = builder.op("conv", [x, weight, bias], { pads: [1, 1, 1, 1], group: 2 }, at("conv"));
  const pooled = builder.op("avg_pool", [conv], { kernel: [2, 2], strides: [2, 2] }, at("pool"));
  const gate = builder.op("sigmoid", [pooled], {}, at("gate"));
  const relu = builder.op("relu", [builder.op("mul", [pooled, gate], {}, at("mul"))], {}, at("act"));
  // 4 · (8·6·6) · (9 + 1) / 2, then (4 + 1) · (8·3·3), then 8·3·3
  assert.is(thopOperations(builder.finish([relu])), 5760 + 360 + 72);
});

test("only the last call of a residual block's ReLU counts, gates have one of their own", () => {
  const operations = (type: string, pass?: string): number => {
    const builder = new GraphBuilder("small");
    builder.block({ scope: "/stages/0/blocks/0", type, inputChannels: 4, stage: 0, index: 0 });
    const at = (layer: string, by?: string) => ({ scope: `/stages/0/blocks/0/${layer}`, pass: by });
    const x = builder.input("x", tensorType(["N", 4, 6, 6]));
    const first = builder.op("relu", [x], {}, at("first/act"));
    const small = builder.op("max_pool", [first], { kernel: [2, 2], strides: [2, 2] }, at("pool"));
    const gate = builder.op("relu", [small], {}, at("attention/hidden", pass));
    return thopOperations(builder.finish([builder.op("relu", [gate], {}, at("act"))]));
  };
  const [large, small] = [4 * 6 * 6, 4 * 3 * 3];
  assert.is(operations("bottleneck"), small);
  assert.is(operations("basic", "lower-attention"), 2 * small);
  assert.is(operations("inverted-residual"), large + 2 * small);
});

test("numbers are printed in the unit and rounding of each source", () => {
  const printed = (name: keyof typeof conventions, what: "parameters" | "operations", exact: number) =>
    printNumber(exact, conventions[name][what]).printed;
  assert.is(printed("exact", "parameters", 28088024), "28,088,024");
  assert.is(printed("senet", "parameters", 35635688), "35.7 M");
  assert.is(printed("senet", "parameters", 25000000), "25.0 M");
  assert.is(printed("senet", "operations", 3860488192), "3.87 G");
  assert.is(printed("efficientnet", "parameters", 35635688), "35.6 M");
  assert.is(printed("efficientnet", "operations", 385814752), "0.39 B");
  assert.is(printed("eca", "parameters", 25557032), "24.37 M");
  assert.is(printed("eca", "operations", 335449016), "319.91 M");
  assert.is(printed("eca", "operations", 1000000001), "0.93 G");
  assert.is(printed("eca", "parameters", 80), "80.00");
  assert.equal(printNumber(11689556, conventions.eca.parameters, 1), {
    exact: 11689556,
    printed: "11.1 M",
    unit: "2^20",
    rounding: "nearest",
  });
});

test("every convention has its own name, and the command takes each of them", () => {
  assert.equal(
    Object.values(conventions).map(({ name }) => name),
    CONVENTION_NAMES,
  );
  const { stdout } = ecagen(["stats", "--help"]);
  const choices = CONVENTION_NAMES.map((name) => `"${name}"`).join(", ");
  assert.ok(stdout.replaceAll(/\s+/g, " ").includes(choices), stdout);
});

test("stats has the convention only where it was asked for", () => {
  assert.not("convention" in stats("specs/small.json"));
  const { convention, ...rest } = stats("specs/small.json", { convention: "exact" });
  assert.equal(rest, stats("specs/small.json"));
  assert.is(convention?.parameters.exact, rest.parameters);
  assert.is(convention?.operations.exact, rest.macs);
});

test("the command prints the convention's numbers and how they came about", () => {
  const { stdout, code } = ecagen(["stats", "specs/resnet50-v1-se.json", "--convention", "senet"]);
  assert.is(code, 0);
  assert.match(stdout, "parameters 28.1 M (28,088,024 / 10^6, rounded up)");
  assert.match(stdout, "operations 3.87 G (3,860,488,192 / 10^9, rounded up)");
});

test.run();
