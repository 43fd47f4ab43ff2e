import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diagnosticToJson, InputError } from "../../../src/base/diagnostic.js";
import { loadSweep } from "../../../src/language/sweep/load.js";
import { isOpenRange } from "../../../src/language/sweep/sweep.js";

const test = suite("language: sweep files");

/** What is wrong with a text: `line:column code`, with its hint. */
function problemsOf(text: string): readonly (readonly [string, string | undefined])[] {
  try {
    loadSweep({ file: "sweep.json", text });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map((each) => {
      const { line, column, code, hint } = diagnosticToJson(each);
      return [`${line}:${column} ${code}`, hint];
    });
  }
  return [];
}

test("comments, defaults, and the values of a range", () => {
  const { name, axes, front, bases, list } = loadSweep({
    file: "folder/widths.json",
    text: `{ "base": "b0-se", // a comment
      "axes": { "width": { "from": 0.5, "to": 1.1, "step": 0.2 }, "head.dropout": [0.1] } }`,
  });
  assert.is(name, "widths");
  assert.equal(
    [...axes],
    [
      ["width", [0.5, 0.7, 0.9, 1.1]],
      ["head.dropout", [0.1]],
    ],
  );
  assert.equal(
    front.map(({ better, quantity }) => `${better} ${quantity}`),
    ["least macs", "least parameters"],
  );
  assert.equal([bases.map(({ reference }) => reference), list.length], [["b0-se"], 1]);
});

test("a sample needs no step", () => {
  const { axes, sample } = loadSweep({
    file: "s.json",
    text: '{ "base": "b0-se", "axes": { "width": { "from": 1, "to": 2 } }, "sample": { "count": 5 } }',
  });
  const width = axes.get("width") ?? [];
  assert.ok(isOpenRange(width));
  assert.equal(
    [width, sample],
    [
      { from: 1, to: 2, scale: "linear" },
      { count: 5, seed: 0 },
    ],
  );
});

test("all mistakes at once, each with its place and what to do", () => {
  const found = problemsOf(`{
  "base": ["b0-se"],
  "axes": {
    "gates": ["se", "ecaa", { "type": "eca", "gama": 2 }],
    "widht": [1, 2],
    "width": { "from": 2, "to": 1, "step": 0.1 },
    "depth": { "from": 1, "to": 2 },
    "resolution": [224, "288"]
  },
  "constraint": ["a"],
  "constraints": ["parameter < 5e6", "macs", "macs < 4e8"],
  "front": ["least macs", "best parameters"]
}`);
  assert.equal(found, [
    ["4:21 spec/unknown-word", 'did you mean "eca" or "ecam"?'],
    ["4:46 spec/unknown-key", 'did you mean "gamma"?'],
    ["5:5 sweep/field", 'did you mean "width"?'],
    ["6:33 sweep/range", undefined],
    ["7:14 sweep/range", "a step, or a sample: { count, seed }"],
    ["8:25 spec/wrong-type", "write 288 without quotes"],
    ["10:3 spec/unknown-key", 'did you mean "constraints"?'],
    ["11:19 sweep/number", 'did you mean "parameters"?'],
    ["11:38 sweep/number", "as parameters < 5e6, macs <= 400M or gateCount >= 3"],
    ["12:27 sweep/number", "as least parameters or most gateCount"],
  ]);
});

test("each way to be wrong is refused where it stands", () => {
  const wrong = {
    '{ "axes": {} }': "1:1 spec/missing-key",
    "[]": "1:1 spec/wrong-type",
    "{": "1:2 spec/syntax",
    '{ "base": "a", "axes": { "extends": ["b"] } }': "1:26 sweep/field",
    '{ "base": "a", "axes": { "stages[": ["b"] } }': "1:26 sweep/field",
    '{ "base": "a", "axes": { "width": [] } }': "1:35 spec/out-of-range",
    '{ "base": "a", "axes": { "width": 2 } }': "1:35 spec/wrong-type",
    '{ "base": "a", "list": [{ "width": 2 }], "axes": { "width": [1] } }': "1:52 sweep/field",
    '{ "base": "a", "list": [{ "wdth": 2 }] }': "1:27 sweep/field",
    '{ "base": "a", "axes": { "width": { "from": 0, "to": 1, "scale": "log" } }, "sample": { "count": 1 } }':
      "1:45 sweep/range",
    '{ "base": "a", "axes": { "width": { "from": 1, "to": 2, "step": 1, "scale": "log" } } }':
      "1:65 sweep/range",
    '{ "base": "a", "axes": { "width": { "from": 1, "to": 2, "step": 1e-9 } } }': "1:65 sweep/range",
    '{ "base": "a", "front": ["least medianMs", "most parameters"] }': "1:26 sweep/number",
    '{ "base": "a", "sample": { "count": 0 } }': "1:37 spec/out-of-range",
  };
  for (const [text, place] of Object.entries(wrong)) {
    const found = problemsOf(text).map(([at]) => at);
    assert.equal(found, [place], text);
  }
});

test.run();
