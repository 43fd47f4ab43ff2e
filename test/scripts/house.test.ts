import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filesNamingGc, filesOfAWorkedGate } from "../../scripts/house/gate.js";
import { readSources } from "../../scripts/house/source-tree.js";
import { FORMS, filesOf, packedCount, returnsOf, type Step } from "../../scripts/house/way.js";

const test = suite("scripts: figures of the house");

const step = (file: string): Step => ({ file, name: "f", forms: ["Graph"] });

test("a return is a step into a room that the way had left", () => {
  const way = ["driver/a.ts", "ir/b.ts", "ir/c.ts", "driver/a.ts", "passes/d.ts", "ir/c.ts", "onnx/e.ts"];
  assert.equal(
    returnsOf(way.map(step)).map(({ file }) => file),
    ["driver/a.ts", "ir/c.ts"],
  );
  assert.is(filesOf(way.map(step)).length, 5);
});

test("files are put together by folders, up to a length", () => {
  const files = [100, 150, 200, 250].map((lines, i) => ({ path: `ir/${i}.ts`, lines }));
  assert.is(packedCount([...files, { path: "ir/ops/a.ts", lines: 10 }], 300), 4);
  assert.is(packedCount(files, 1000), 1);
});

test("every form of the network is a type of src/", () => {
  const text = readSources(".")
    .map((each) => each.text)
    .join("\n");
  const unknown = FORMS.filter(
    (form) => form !== "specFile" && !new RegExp(`^export (interface|type|class) ${form}\\b`, "m").test(text),
  );
  assert.equal(unknown, []);
});

test("the files that a gate touches are found", () => {
  assert.ok(filesNamingGc(".").includes("src/ir/attention/gc/module.ts"));
  assert.ok(filesOfAWorkedGate(".").files > 5);
});

test.run();
