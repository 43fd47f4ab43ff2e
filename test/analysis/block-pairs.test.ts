import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { pairByPath, pairByStructure } from "../../src/analysis/diff/pairs.js";
import { parseSpecText } from "../../src/files/spec-files.js";
import type { Graph } from "../../src/ir/graph.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";

const test = suite("analysis: pairs of blocks");

type Stage = Readonly<Record<string, unknown>>;

function networkOf(stages: readonly Stage[]): Graph {
  const spec = { input: { height: 32, width: 32 }, stem: { channels: 8 }, stages, head: { classes: 4 } };
  return buildNetwork(parseSpecText(JSON.stringify(spec), "spec.json").resolved);
}

/** `/stages/0/blocks/0 = /stages/1/blocks/0`, with - for none; stem and head are each other's in all. */
function pairs(pair: typeof pairByStructure, a: readonly Stage[], b: readonly Stage[]): readonly string[] {
  const [left, right] = [networkOf(a), networkOf(b)];
  const sides = [left, right].map((graph) => [graph, countNetwork(graph).blocks] as const);
  const [one, other] = sides as [Parameters<typeof pair>[0], Parameters<typeof pair>[1]];
  const short = (path: string | undefined): string =>
    path?.replace("/stages/", "").replace("/blocks/", ".") ?? "-";
  return pair(one, other).map(([x, y]) => `${short(x?.path)} = ${short(y?.path)}`);
}

const basic = { block: "basic", channels: 16 };
const wide = { block: "basic", channels: 32, stride: 2 };
const mobile = { block: "inverted-residual", channels: 24, expansion: 4, stride: 2 };

test("blocks of the same network are each other's", () => {
  const stages = [basic, wide, mobile];
  assert.equal(pairs(pairByStructure, stages, stages), [
    "/stem = /stem",
    ...["0.0 = 0.0", "1.0 = 1.0", "2.0 = 2.0"],
    "/head = /head",
  ]);
});

test("a block in between has no other, and those behind it are paired whatever their place is", () => {
  assert.equal(pairs(pairByStructure, [basic, wide], [basic, mobile, wide]).slice(1, -1), [
    "0.0 = 0.0",
    "- = 1.0",
    "1.0 = 2.0",
  ]);
  assert.equal(pairs(pairByStructure, [basic, mobile, wide], [basic, wide]).slice(1, -1), [
    "0.0 = 0.0",
    "1.0 = -",
    "2.0 = 1.0",
  ]);
});

test("a block that changed a little stays the other's, one of another type doesn't", () => {
  const changed = { ...wide, kernel: 5 };
  assert.equal(pairs(pairByStructure, [basic, wide], [basic, changed]).slice(1, -1), [
    "0.0 = 0.0",
    "1.0 = 1.0",
  ]);
  const other = { block: "conv-norm-act", channels: 40, kernel: 7 };
  assert.equal(pairs(pairByStructure, [basic, wide, mobile], [basic, other, mobile]).slice(1, -1), [
    "0.0 = 0.0",
    "1.0 = -",
    "- = 1.0",
    "2.0 = 2.0",
  ]);
});

test("gates are left out: a network without them has the same blocks", () => {
  const gated = [basic, wide, mobile].map((stage) => ({ ...stage, attention: { type: "se", ratio: 0.25 } }));
  assert.equal(pairs(pairByStructure, gated, [basic, wide, mobile]).slice(1, -1), [
    "0.0 = 0.0",
    "1.0 = 1.0",
    "2.0 = 2.0",
  ]);
});

test("by their paths, blocks are each other's whatever they are, and new ones come after the one before them", () => {
  const byPath: typeof pairByStructure = ([, a], [, b]) => pairByPath(a, b);
  assert.equal(pairs(byPath, [basic, wide], [mobile, wide, { ...mobile, stride: 1 }]), [
    "/stem = /stem",
    ...["0.0 = 0.0", "1.0 = 1.0", "- = 2.0"],
    "/head = /head",
  ]);
});

test.run();
