import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { drawGraph, type GraphOptions } from "../../src/driver/graph/graph.js";
import { rejectsError } from "../throws.js";

const test = suite("driver: pictures of networks");
let folder = "";
const at = (name: string): string => join(folder, name);

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-graph-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A spec's picture. */
async function svgOf(file: string, options: GraphOptions = {}): Promise<string> {
  await drawGraph(file, { ...options, output: at("picture.svg") });
  return readFileSync(at("picture.svg"), "utf8");
}

/** The texts in a picture, as a reader of XML that is not ours sees them; it refuses what is no XML. */
function textsOf(svg: string): readonly string[] {
  const script = `
import json, sys, xml.etree.ElementTree as E
texts = ["".join(each.itertext()).replace("\\u00a0", " ") for each in E.fromstring(sys.stdin.read()).iter("{http://www.w3.org/2000/svg}text")]
print(json.dumps(texts))`;
  const { stdout, stderr, status } = spawnSync("/usr/bin/python3", ["-c", script], { input: svg });
  assert.is(status, 0, String(stderr));
  return JSON.parse(String(stdout)) as readonly string[];
}

const NETWORK = {
  name: "net",
  input: { channels: 3, height: 32, width: 32 },
  stem: { channels: 8 },
  stages: [
    { block: "basic", channels: 8, attention: { type: "se", ratio: 0.5 }, repeat: 2 },
    { block: "conv-norm-act", channels: 16, stride: 2, attention: "eca" },
  ],
  head: { classes: 5, dropout: 0.2 },
};

function specOf(more: object): string {
  writeFileSync(at("net.json"), JSON.stringify({ ...NETWORK, ...more }));
  return at("net.json");
}

test("blocks with their numbers, gates in the colour of their kind, and shapes between them", async () => {
  const svg = await svgOf(specOf({}));
  const texts = textsOf(svg);
  for (const text of ["net", "stage 0", "stage 1", "basic", "block 1", "conv-norm-act", "se (8 → 4 → 8)"])
    assert.ok(texts.includes(text), `${text} in ${texts}`);
  assert.is(texts.filter((text) => text === "basic").length, 2);
  const shapes = texts.map((text) => text.trim()).filter((text) => /^\d+(×\d+)*$/.test(text));
  assert.equal([...shapes].sort(), ["16×8×8", "3×32×32", "5", "8×16×16", "8×16×16", "8×16×16"]);
  const colours = (text: string): readonly string[] =>
    [...svg.matchAll(new RegExp(`fill="(#[0-9a-f]+)"[^<]*/>\\s*<text[^>]*>${text}`, "g"))].map(
      ([, fill = ""]) => fill,
    );
  const [se, eca] = [colours("se"), colours("eca")];
  assert.equal([se.length, eca.length, new Set(se).size], [2, 1, 1]);
  assert.is.not(se[0], eca[0]);
});

test("ops: every one is a node, in its block, and what only training has says so", async () => {
  const { nodes, dot } = await drawGraph(specOf({}), { level: "op" });
  assert.is(nodes, dot.match(/^n\d+ \[label/gm)?.length);
  const texts = textsOf(await svgOf(at("net.json"), { level: "op" }));
  const times = (text: string): number => texts.filter((each) => each === text).length;
  // A convolution of the stem, two in each basic block, one behind them.
  assert.equal([times("conv"), times("add"), times("dropout"), times("training only")], [6, 2, 1, 1]);
  assert.equal([times("3×3"), times("3×3, stride 2")], [4, 2]);
  for (const text of ["stage 0, block 1", "gemm", "eca (k = 3)"])
    assert.ok(texts.includes(text), `${text}: ${texts}`);
});

test("a file has the blocks that are found in it", async () => {
  await compile(specOf({}), { output: at("net.onnx") });
  const texts = textsOf(await svgOf(at("net.onnx")));
  for (const text of ["net.onnx", "stage 0", "basic", "se (8 → 4 → 8)"])
    assert.ok(texts.includes(text), `${text} in ${texts}`);
});

test("any name is text, and not long", async () => {
  const names = ['<script>&"', "a\\nb]>", "\u202e\u0007", "x".repeat(200)];
  for (const name of names) {
    const svg = await svgOf(specOf({ name }), { level: "op" });
    const [title = ""] = textsOf(svg);
    assert.not.match(svg, /<script/);
    assert.ok(title.length <= 60, title);
    if (name.startsWith("<") || name.startsWith("a")) assert.is(title, name);
  }
});

test("a network that is drawn twice is the same picture", async () => {
  assert.is(await svgOf("specs/small.json"), await svgOf("specs/small.json"));
});

test("other forms, and places that can't be written, are refused; dot is text for Graphviz", async () => {
  const file = specOf({});
  const draw = (output: string) => () => drawGraph(file, { output });
  await rejectsError(draw(at("x.png")), InputError, /\.svg, \.dot or \.html/, { code: "graph/form" });
  await rejectsError(draw(at("no/x.svg")), InputError, /directory does not exist/);
  const { dot, output } = await drawGraph(file, { output: at("x.dot") });
  assert.is(output, at("x.dot"));
  assert.is(readFileSync(at("x.dot"), "utf8"), dot);
  assert.match(dot, /^digraph "net" \{$/m);
  assert.is((await drawGraph(file)).output, null);
});

test.run();
