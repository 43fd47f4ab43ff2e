import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadSpec } from "../../src/files/spec-files.js";
import { parseLabels, parsePreprocessing } from "../../src/language/preprocessing.js";
import { parse, problems, specText } from "./support.js";

const test = suite("spec: preprocessing");
const STAGES = [`"cn_r1_k3_s1_c8"`];
const of = (...more: readonly string[]) => parse(specText(STAGES, more)).resolved.preprocessing;

test("a spec that says nothing has ImageNet's, bicubic, with a crop of 0.875", () => {
  assert.equal(of(), {
    resize: "shorter-side",
    interpolation: "bicubic",
    crop: 0.875,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    channelOrder: "rgb",
  });
  const grey = of(`"input": { "channels": 1 }`);
  assert.equal([grey?.mean, grey?.std], [[0.5], [0.5]]);
  assert.is(of(`"input": { "channels": 1, "length": 64 }`), undefined);
});

test("one number is for all channels", () => {
  const images = of(`"preprocessing": { "mean": [0.5], "std": [0.1, 0.2, 0.3] }`);
  assert.equal(
    [images?.mean, images?.std],
    [
      [0.5, 0.5, 0.5],
      [0.1, 0.2, 0.3],
    ],
  );
});

test("an image that fits is padded at its end, by the mean", () => {
  assert.equal(of(`"preprocessing": { "resize": "fit" }`)?.padding, { at: "end", value: null });
  const said = of(`"preprocessing": { "resize": "fit", "padding": { "at": "around", "value": 114 } }`);
  assert.equal(said?.padding, { at: "around", value: 114 });
  assert.equal(parsePreprocessing(JSON.stringify(said)), said);
});

test("mistakes have their places and hints", () => {
  const [first, second] = problems(
    specText(STAGES, [`"preprocessing": { "interpolation": "bicubik", "crop": 1.5 }`]),
  );
  assert.is(first?.path, "$.preprocessing.interpolation");
  assert.match(first?.hint ?? "", /bicubic/);
  assert.is(second?.path, "$.preprocessing.crop");
});

test("the hash of a spec is of its network, not of its images", () => {
  const plain = parse(specText(STAGES, [`"head": { "classes": 2 }`]));
  const other = parse(
    specText(STAGES, [
      `"head": { "classes": 2 }`,
      `"preprocessing": { "crop": 1 }`,
      `"labels": ["cat", "dog"]`,
    ]),
  );
  assert.is(other.hash, plain.hash);
  assert.equal(other.resolved.labels, ["cat", "dog"]);
});

test("the gallery has the values of timm and torchvision, through extends", () => {
  for (const [name, crop, interpolation, mean] of [
    ["b0-se", 0.875, "bicubic", 0.485],
    ["b1-eca", 0.882, "bicubic", 0.485],
    ["b4-none", 0.922, "bicubic", 0.485],
    ["tv-b7-se", 1, "bicubic", 0.485],
    ["v2-s-eca", 1, "bicubic", 0.485],
    ["tv-v2-l-se", 1, "bicubic", 0.5],
    ["resnet50-eca", 0.875, "bilinear", 0.485],
    ["spnasnet-100", 0.875, "bilinear", 0.485],
    ["inception-v3", 0.875, "bicubic", 0.5],
    ["cifar-wrn-16-8", 1, "bicubic", 0.4914],
    ["cifar-wrn-16-8-se-c100", 1, "bicubic", 0.5071],
  ] as const) {
    const { preprocessing } = loadSpec(`specs/${name}.json`).resolved;
    const found = [preprocessing?.crop, preprocessing?.interpolation, preprocessing?.mean[0]];
    assert.equal(found, [crop, interpolation, mean], name);
  }
});

test("what JSON makes of it is read again, anything else is not", () => {
  const preprocessing = of(`"preprocessing": { "resize": "exact", "channelOrder": "bgr" }`);
  assert.equal(parsePreprocessing(JSON.stringify(preprocessing)), preprocessing);
  const many = of(`"input": { "channels": 80 }`);
  assert.equal(parsePreprocessing(JSON.stringify(many)), many);
  for (const text of [
    "",
    "{}",
    "[1]",
    JSON.stringify({ ...preprocessing, std: [1] }),
    '{"crop":0.5,"x":1}',
  ]) {
    assert.is(parsePreprocessing(text), undefined, text);
  }
  assert.equal(parseLabels('["a","b"]'), ["a", "b"]);
  for (const text of ["", "[]", "[1]", '{"0":"a"}', '[""]']) assert.is(parseLabels(text), undefined, text);
});

test.run();
