import { suite } from "uvu";
import * as assert from "uvu/assert";
import { positionAt } from "../../src/base/source.js";
import { loadSpec } from "../../src/files/spec-files.js";
import { briefly, parse, problems, problemsOf, readFrom, specText } from "./support.js";

const test = suite("spec: extends");

const base = `{
  "name": "base",
  "description": "A base.",
  "input": { "height": 64, "width": 48 },
  "scaling": { "width": 2, "divisor": 4 },
  "stem": { "channels": 16, "kernel": 5 },
  "stages": ["ir_r2_k3_s2_e4_c24"],
  "head": { "channels": 64, "classes": 10 },
  "expect": { "parameters": 1 }
}`;

test("objects merge key by key, everything else is replaced", () => {
  const text = `{ "extends": "base.json", "input": { "width": 96 }, "stages": ["cn_r1_k3_s1_c8"], "head": { "classes": 5 } }`;
  const { resolved } = parse(text, { "base.json": base });
  assert.equal(resolved.input, { channels: 3, height: 64, width: 96 });
  assert.equal(
    resolved.blocks.map(({ block, channels }) => [block, channels]),
    [["conv-norm-act", 16]],
  );
  assert.equal([resolved.head?.channels, resolved.head?.classes, resolved.stem?.kernel], [128, 5, 5]);
});

test("null removes a key, at any depth", () => {
  const text = `{ "extends": "base.json", "head": { "channels": null }, "scaling": null }`;
  const { resolved } = parse(text, { "base.json": base });
  assert.is(resolved.head?.channels, undefined);
  assert.is(resolved.stem?.channels, 16);
});

test("name, description and expected counts are not inherited", () => {
  const { resolved } = parse(`{ "extends": "base.json" }`, { "base.json": base });
  assert.equal([resolved.name, resolved.description, resolved.expect], ["net", undefined, {}]);
});

test("bases of bases, each relative to its own folder", () => {
  const files = {
    "a/top.json": `{ "extends": "../b/middle.json", "dropPath": 0.1 }`,
    "b/middle.json": `{ "extends": "base", "head": { "classes": 7 } }`,
    "b/base.json": base,
  };
  const { resolved, document } = loadSpec("a/top.json", {}, readFrom(files));
  assert.equal([resolved.dropPath, resolved.head?.classes, resolved.stem?.kernel], [0.1, 7, 5]);
  assert.equal(document.files, ["a/top.json", "b/middle.json", "b/base.json"]);
});

test("a bare name means a spec that ships with ecagen", () => {
  assert.is(parse(`{ "extends": "b0-se" }`).resolved.blocks.length, 16);
  assert.is(parse(`{ "extends": "b0-se.json" }`).resolved.blocks.length, 16);
});

test("a spec beside the file comes before one that ships with ecagen", () => {
  assert.is(parse(`{ "extends": "b0-se" }`, { "b0-se.json": base }).resolved.blocks.length, 2);
});

test("every value is located in the file that wrote it", () => {
  const text = `{\n"extends": "base.json",\n"head": { "classes": 5 }\n}`;
  const { document } = parse(text, { "base.json": base });
  const place = (path: readonly (string | number)[]): readonly unknown[] => {
    const range = document.locate(path);
    if (range === undefined) return [];
    const { line, column } = positionAt(range.source, range.offset);
    return [
      range.source.file,
      line,
      column,
      range.source.text.slice(range.offset, range.offset + range.length),
    ];
  };
  assert.equal(place(["head", "classes"]), ["net.json", 3, 22, "5"]);
  assert.equal(place(["head", "channels"]), ["base.json", 8, 25, "64"]);
  assert.equal(place(["stages", 0, "kernel"]), ["base.json", 7, 21, "k3"]);
  assert.equal(place(["stages", 0]), ["base.json", 7, 14, '"ir_r2_k3_s2_e4_c24"']);
});

test("what isn't there is located at the nearest value above it", () => {
  const { document } = parse(`{ "extends": "base.json" }`, { "base.json": base });
  const start = (path: readonly (string | number)[]): unknown => document.locate(path)?.source.file;
  assert.is(start(["head", "dropout"]), "base.json");
  assert.is(start(["stages", 9, "kernel", "x"]), "base.json");
  assert.is(start(["nothing", "at", "all"]), "net.json");
});

test("an error in a base names the base's file and line", () => {
  const broken = base.replace('"classes": 10', '"classes": "ten"');
  const [problem, ...others] = problems(`{ "extends": "base.json" }`, { "base.json": broken });
  assert.equal(others, []);
  assert.equal(
    [problem?.file, problem?.line, problem?.message],
    ["base.json", 8, "expected integer, got text"],
  );
});

test("the spec's own errors come before its bases'", () => {
  const broken = base.replace('"classes": 10', '"classes": "ten"');
  const files = problems(`{ "extends": "base.json", "hed": 1 }`, { "base.json": broken }).map(
    ({ file }) => file,
  );
  assert.equal(files, ["net.json", "base.json"]);
});

test("`extends` that is no text", () => {
  assert.equal(briefly(problems(specText([`"cn_r1_k3_s1_c8"`], [`"extends": 5`]))), [
    "6:12 expected text, got 5",
  ]);
});

test("a syntax error of a base is the base's", () => {
  const [problem] = problemsOf(() =>
    loadSpec("a.json", {}, readFrom({ "a.json": `{ "extends": "b" }`, "b.json": "{" })),
  );
  assert.equal([problem?.file, problem?.code], ["b.json", "spec/syntax"]);
});

test.run();
