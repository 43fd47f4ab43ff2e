import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ResolvedDefined } from "../../src/language/definitions/resolved-definition.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { briefly, parse, problems, problemsOf } from "./support.js";

const test = suite("spec: named values");

/** A spec of one definition, each of whose layers stands on a line of its own, from line 4 on; the stages are on the line after the next. */
function spec(layers: readonly string[], stages = `{ "block": "own" }`): string {
  return `{ "stem": { "channels": 16 },\n"blocks": { "own": {\n"layers": [\n${layers.join(",\n")}\n] } },\n"stages": [${stages}]\n}`;
}

const conv = (more = "", channels: number | string = 8): string =>
  `{ "layer": "conv", "channels": ${JSON.stringify(channels)}${more} }`;
const value = (from: unknown): string => `{ "layer": "value", "from": ${JSON.stringify(from)} }`;

const block = (layers: readonly string[]): ResolvedDefined =>
  parse(spec(layers)).resolved.blocks[0] as ResolvedDefined;
const says = (layers: readonly string[]): readonly string[] => briefly(problems(spec(layers)));

test("a layer begins with named values, joined in their order", () => {
  const { layers, channels } = block([
    conv(`, "as": "a"`),
    conv(`, "as": "b"`, 24),
    conv(`, "from": ["b", "input", "a"]`, "in"),
  ]);
  assert.is(channels, 24 + 16 + 8);
  assert.equal(
    layers.map(({ layer }) => layer),
    ["conv", "keep", "conv", "keep", "read", "conv"],
  );
  const read = layers.find((layer) => layer.layer === "read");
  assert.equal(read?.reading, { how: "concat", names: ["b", "input", "a"] });
});

test("sums, means and products have the channels of one", () => {
  for (const how of ["sum", "mean", "product", "weighted"]) {
    assert.is(block([conv(`, "as": "a"`), value({ [how]: ["a", "a"] })]).channels, 8);
  }
});

test("a branch reads what one before it named", () => {
  const branches = `{ "layer": "branches", "branches": [[${conv(`, "as": "left"`)}], [${conv(`, "from": { "sum": ["left", "left"] }`)}]] }`;
  assert.is(block([branches]).channels, 16);
});

test("the last layer of a name is meant, where each has a condition", () => {
  const { channels } = block([
    conv(`, "when": "index > 0", "as": "a"`, 8),
    conv(`, "when": "index == 0", "as": "a"`, 24),
    conv(`, "as": "b"`),
    value(["a", "b"]),
  ]);
  assert.is(channels, 24 + 8);
});

test("names that can't be read are refused, with what is near", () => {
  assert.equal(says([conv(`, "as": "left"`), value({ sum: ["left", "lift"] })]), [
    `5:29 no layer is named "lift"`,
  ]);
  assert.equal(says([conv(`, "from": "a"`), conv(`, "as": "a"`)]), [`4:43 "a" is named by a later layer`]);
  assert.equal(says([conv(`, "when": "index > 0", "as": "a"`), value("a")]), [
    `5:29 there is no "a" here: the layer that names it is left out (in block 0 of stage 0)`,
  ]);
});

test("names that are given twice, never read, or taken are refused", () => {
  assert.equal(says([conv(`, "as": "a"`), conv(`, "as": "a"`), value("a")]), [
    `5:41 two layers are named "a"`,
  ]);
  assert.equal(says([conv(`, "as": "a"`)]), [`4:41 nothing reads "a"`]);
  assert.equal(says([conv(`, "as": "input"`), value("input")]), [`4:41 "input" has a meaning already`]);
});

test("maps that don't meet are refused", () => {
  assert.equal(says([conv(`, "as": "a"`), conv(`, "as": "b"`, 12), value({ sum: ["a", "b"] })]), [
    "6:29 maps of 8, 12 channels have no sum (in block 0 of stage 0)",
  ]);
});

test("a layer whose result is lost is refused", () => {
  assert.equal(says([conv(`, "as": "a"`), conv(), conv(`, "from": "a"`)]), [
    "6:43 nothing reads the result of the layer before this one (in block 0 of stage 0)",
  ]);
});

test("forms of `from` that there aren't are refused", () => {
  const forms: readonly (readonly [unknown, RegExp])[] = [
    [7, /^5:29 expected a name, a list of names/],
    [["a"], /^5:29 a list has two names or more$/],
    [{}, /^5:29 expected one of concat, sum, mean, product, weighted$/],
    [{ sum: "a" }, /^5:36 expected list, got text$/],
    [{ sum: ["a", "a"], mean: ["a", "a"] }, /^5:29 expected one of concat/],
  ];
  for (const [from, message] of forms) {
    assert.match(says([conv(`, "as": "a"`), value(from), value("a")])[0] ?? "", message);
  }
});

test("maps of other sizes are refused where the network is built, with both sizes", () => {
  const stages = [`"as": "a"`, `"stride": 2, "as": "b"`, `"from": ["a", "b"]`].map(
    (more) => `{ "block": "conv-norm-act", "channels": 16, ${more} }`,
  );
  const { resolved } = parse(`{ "stem": { "channels": 16 },\n"stages": [\n${stages.join(",\n")}\n] }`);
  const [problem] = problemsOf(() => buildNetwork(resolved));
  assert.match(problem?.message ?? "", /\[N, 16, 112, 112\] and float32\[N, 16, 56, 56\] can't be joined/);
});

test("an enlarged map has a smaller stride, and a feature of it finds it by its level", () => {
  const text = spec(
    [`{ "layer": "upsample" }`],
    `{ "block": "conv-norm-act", "channels": 8, "stride": 2, "as": "side" }, { "block": "conv-norm-act", "channels": 8, "stride": 2 }, { "block": "own", "as": "up" }`,
  ).replace(
    /\n\}$/,
    `,\n"features": ["C3", { "name": "larger", "from": "up" }, { "name": "side", "from": "side" }] }`,
  );
  const { features } = parse(text).resolved;
  assert.equal(
    features.map(({ name, place }) => [name, place?.stride]),
    [
      ["C3", 8],
      ["larger", 4],
      ["side", 4],
    ],
  );
});

test("stages read stages, the stem and the image", () => {
  const plain = (more: string): string => `{ "block": "conv-norm-act", "channels": 16${more} }`;
  const { blocks } = parse(
    `{ "stem": { "channels": 16 },\n"stages": [${plain(`, "as": "a"`)}, ${plain(`, "from": ["a", "stem"], "repeat": 2`)}] }`,
  ).resolved;
  assert.equal(
    blocks.map(({ inputChannels, reads }) => [inputChannels, reads]),
    [
      [16, undefined],
      [32, { how: "concat", names: [{ stage: 0, index: 0 }, "stem-convolutions"] }],
      [16, undefined],
    ],
  );
});

test("stages that read what there isn't, or what doesn't meet, are refused", () => {
  const wrong = (stages: readonly string[], more = ""): readonly string[] =>
    briefly(problems(`{ "stem": { "channels": 16 },\n"stages": [\n${stages.join(",\n")}\n]${more}\n}`));
  const plain = (more: string): string => `{ "block": "conv-norm-act", "channels": 16${more} }`;
  assert.equal(wrong([plain(`, "as": "c3"`), plain(`, "from": ["c3", "c4"]`)]), [
    `4:53 no stage is named "c4"`,
  ]);
  assert.equal(wrong([plain(`, "from": "late"`), plain(`, "as": "late"`)]), [
    `3:53 "late" is named by a later stage`,
  ]);
  assert.equal(wrong([plain(`, "as": "c3"`), plain("")]), [`3:51 nothing reads "c3"`]);
  assert.equal(
    wrong([plain(`, "as": "a"`), plain(`, "as": "a"`), plain(`, "from": "a"`)]).at(-1),
    `4:51 two stages are named "a"`,
  );
  assert.equal(wrong([plain("")], `,\n"features": [{ "name": "x", "from": "x" }]`), [
    `5:37 no stage is named "x"`,
  ]);
});

test.run();
