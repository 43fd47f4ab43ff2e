import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Change } from "../../src/analysis/diff/changes.js";
import { diffNetworks } from "../../src/analysis/diff/networks.js";
import { diff } from "../../src/driver/diff/diff.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph } from "../../src/ir/graph.js";
import { AttributeProto } from "../../src/onnx/file/proto.js";
import { node, withFile } from "./counted-model.js";

const test = suite("analysis: diff");

const graphOf = (spec: string, passes?: string): Graph => specNetwork(spec, { passes }).graph;
const kinds = (changes: readonly Change[]): readonly string[] => [
  ...new Set(changes.map((change) => change.kind)),
];
const sum = (changes: readonly Change[]): number =>
  changes.reduce((total, each) => total + each.parametersDelta, 0);

test("SE to ECA: sixteen swapped gates account for every parameter", () => {
  const { parameters, macs, changes } = diffNetworks(
    graphOf("specs/b0-se.json"),
    graphOf("specs/b0-eca.json"),
  );
  assert.equal(parameters, { a: 5288548, b: 4652084, delta: -636464, percent: -12.03 });
  assert.is(macs.delta, 385232096 - 385814752);
  assert.is(changes.length, 16);
  assert.equal(kinds(changes), ["attention-swapped"]);
  assert.is(sum(changes), parameters.delta);
  assert.equal(changes[0], {
    kind: "attention-swapped",
    at: "/stages/0/blocks/0/attention",
    before: "se (32 → 8 → 32)",
    after: "eca (k = 3)",
    parametersDelta: 3 - 552,
  });
});

test("a network does not differ from itself", () => {
  const { changes, parameters } = diffNetworks(graphOf("specs/b0-eca.json"), graphOf("specs/b0-eca.json"));
  assert.equal(changes, []);
  assert.equal(parameters, { a: 4652084, b: 4652084, delta: 0, percent: 0 });
});

test("removed and added gates, and gates of another k, are told apart", () => {
  const [eca, none] = [graphOf("specs/b0-eca.json"), graphOf("specs/b0-none.json")];
  assert.equal(kinds(diffNetworks(eca, none).changes), ["attention-removed"]);
  assert.equal(kinds(diffNetworks(none, eca).changes), ["attention-added"]);
  const wide = graphOf("specs/b0-se.json", "swap-attention{to={type=eca,kernel=7}}");
  const { changes, parameters } = diffNetworks(eca, wide);
  assert.equal(kinds(changes), ["attention-changed"]);
  assert.is(parameters.delta, 16 * 7 - 76);
});

test("another depth adds blocks and changes those that got other widths; the changes add up", () => {
  const { changes, parameters } = diffNetworks(graphOf("specs/b0-se.json"), graphOf("specs/b2-se.json"));
  assert.ok(kinds(changes).includes("block-added"));
  assert.ok(kinds(changes).includes("block-changed"));
  assert.ok(kinds(changes).includes("input-changed"));
  assert.is(sum(changes), parameters.delta);
});

test("a convolution of several taps on a map of one pixel is compared as a convolution", async () => {
  const attribute = [{ name: "pads", type: AttributeProto.AttributeType.INTS, ints: [1, 1, 1, 1] }];
  const parts = [
    [node("Conv", ["x", "w"], "y", { attribute })],
    [{ name: "x", dims: ["N", 6, 1, 1] }],
    [{ name: "w", dims: [5, 6, 3, 3] }],
  ] as const;
  await withFile(parts, (file) => {
    const { changes, computeTheSame } = diff(file, file);
    assert.equal(changes, []);
    assert.is(computeTheSame, true);
  });
});

test.run();
