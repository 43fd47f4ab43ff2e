import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { topClasses } from "../../src/driver/run/classes.js";
import { readLabels } from "../../src/driver/run/labels.js";
import { namedFiles } from "../../src/driver/run/named-files.js";
import { shapeProblem } from "../../src/given/arrays.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("driver: parts of run");

test("the five best of each image, by softmax", () => {
  const rows = [
    [0, Math.log(2), Math.log(4), 0],
    [5, 5, 5, 5],
  ];
  const [first, second] = topClasses(Float32Array.from(rows.flat()), 4, ["a", "b", "c", "d"]);
  const rounded = first?.map(({ label, probability }) => [label, Number(probability.toFixed(6))]);
  assert.equal(rounded, [
    ["c", 0.5],
    ["b", 0.25],
    ["a", 0.125],
    ["d", 0.125],
  ]);
  assert.equal(
    second?.map(({ index, probability }) => [index, probability]),
    [0, 1, 2, 3].map((index) => [index, 0.25]),
  );
  const [six] = topClasses(Float32Array.of(1, 2, 3, 4, 5, 6), 6, undefined);
  assert.equal(
    six?.map(({ index }) => index),
    [5, 4, 3, 2, 1],
  );
  assert.not("label" in (six?.[0] ?? {}));
});

test("large numbers do not overflow, and probabilities are not taken for logits", () => {
  const [large] = topClasses(Float32Array.of(1000, 999), 2, undefined);
  assert.ok(Math.abs((large?.[0]?.probability ?? 0) - 1 / (1 + Math.exp(-1))) < 1e-12);
  const [done] = topClasses(Float32Array.of(0.25, 0.75), 2, undefined);
  assert.equal(done?.[0], { index: 1, probability: 0.75 });
  const [, broken] = topClasses(Float32Array.of(1, 2, Number.NaN, 1), 2, undefined);
  assert.equal(broken, []);
});

test("labels from lines and from JSON", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "labels");
    const read = (text: string): readonly string[] => {
      writeFileSync(file, text);
      return readLabels(file);
    };
    assert.equal(read("\uFEFFcat\r\ngreat white shark\r\n\n"), ["cat", "great white shark"]);
    assert.equal(read(' ["cat", "dog"]\n'), ["cat", "dog"]);
    const refused = { code: "run/labels", file } as const;
    throwsError(() => read(""), InputError, /labels is not a list of labels: it is empty/, refused);
    throwsError(() => read("cat\n\ndog\n"), InputError, /line 2 of .*labels has no name/, refused);
    const forms = [
      '{"0": "cat", "1": "dog"}',
      '{"1": "dog", "0": "cat"}',
      '{"0": ["n02123045", "cat"], "1": ["n02084071", "dog"]}',
      '[["n02123045", "cat"], ["n02084071", "dog"]]',
      '{"dog": 1, "cat": 0}',
      '{"model_type": "resnet", "id2label": {"0": "cat", "1": "dog"}, "label2id": {"cat": 0, "dog": 1}}',
      '{"label2id": {"cat": 0, "dog": 1}}',
      '{"architecture": "resnet50", "label_names": ["cat", "dog"]}',
    ];
    for (const text of forms) assert.equal(read(text), ["cat", "dog"], text);
    const eleven = Object.fromEntries(
      Array.from({ length: 11 }, (_, i) => [String(10 - i), `class ${10 - i}`]),
    );
    assert.is(read(JSON.stringify(eleven))[10], "class 10");
    for (const [text, message] of [
      ["[1, 2]", /^class 0 has no name\nclass 1 has no name$/],
      ['["cat", ""]', /^class 1 has no name$/],
      ['["cat"', /expected a closing bracket/],
      ['{"0": "cat", "2": "dog"}', /^class 1 has no name$/],
      ['{"1": "cat", "2": "dog"}', /^class 0 has no name$/],
      ['{"0": "cat", "0": "dog"}', /the key "0" is twice/],
      ['{"0": ["cat", "tabby"]}', /^class 0 has no name$/],
      ['{"0": {"name": "cat"}}', /^class 0 has no name$/],
      ['{"cat": 0, "dog": 0}', /^class 1 has no name$/],
      ['{"classes": ["cat"], "model": "x"}', /^these are not names of classes: "classes", "model"$/],
      ['{"model_type": "resnet"}', /^these are not names of classes: "model_type"$/],
      ["{}", /^there are no names$/],
      ["[]", /^there are no names$/],
      ['{"0": "cat"}\n{"1": "dog"}', /nothing more after/],
    ] as const) {
      throwsError(() => read(text), InputError, message);
    }
    throwsError(() => read('{\n  "0": "cat",\n  "1": 5}'), InputError, /class 1/, {
      code: "run/labels",
      file,
    });
  }));

test("files find their inputs", () => {
  assert.equal(namedFiles(["a.npy", "x=b.npy"], "input", ["x"]), [{ name: "x", files: ["a.npy", "b.npy"] }]);
  assert.equal(namedFiles(["k=1=b.npy", "k=c.npy"], "input", ["k", "k=1"]), [
    { name: "k", files: ["c.npy"] },
    { name: "k=1", files: ["b.npy"] },
  ]);
  const message = (texts: readonly string[]) => {
    try {
      namedFiles(texts, "input", ["left", "right"]);
    } catch (error) {
      return (error as InputError).diagnostics.map((each) => `${each.message}; ${each.hint}`);
    }
    return [];
  };
  assert.equal(message(["a.npy", "rigth=b.npy"]), [
    "the model has the inputs left, right; a.npy does not name one of them; --input left=a.npy",
    'the model has no input rigth, only left, right; did you mean "right"?',
  ]);
});

test("a shape is the model's, or what to do is said", () => {
  const wanted = ["N", 3, 8, 8];
  assert.is(shapeProblem([5, 3, 8, 8], wanted), undefined);
  assert.match(shapeProblem([3, 8, 8], wanted) ?? "", /x\[None\]/);
  assert.match(shapeProblem([5, 8, 8, 3], wanted) ?? "", /transpose\(0, 3, 1, 2\)/);
  assert.match(shapeProblem([8, 8, 3], wanted) ?? "", /transpose\(2, 0, 1\)\[None\]/);
  assert.match(shapeProblem([5, 3, 8, 8], [1, 3, 8, 8]) ?? "", /this batch alone/);
  assert.ok(shapeProblem([0, 3, 8, 8], wanted));
  assert.ok(shapeProblem([5, 3, 8, 9], wanted));
});

test.run();
