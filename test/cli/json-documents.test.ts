import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { z } from "zod";
import { SCHEMA_NAMES } from "../../src/cli/json-documents.js";
import { ecagen } from "./run-cli.js";

/** What each command prints with `--json` is what its published schema says. */
const test = suite("cli: JSON documents");
let folder = "";
const at = (name: string): string => join(folder, name);

const NETWORK = {
  input: { channels: 3, height: 16, width: 16 },
  stem: { channels: 16 },
  stages: [{ block: "conv-norm-act", channels: 16, attention: "se" }],
  head: { classes: 4 },
};

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-json-"));
  const passes = [{ pass: "swap-attention", to: "eca" }];
  writeFileSync(at("se.json"), JSON.stringify(NETWORK));
  const axes = { gates: ["eca", "none"], "head.dropout": [0.1, 2] };
  writeFileSync(at("sweep.json"), JSON.stringify({ base: "se.json", axes, constraints: ["gateCount > 0"] }));
  writeFileSync(at("eca.json"), JSON.stringify({ ...NETWORK, passes, expect: { parameters: 5020 } }));
  const made = ecagen([
    "compile",
    at("se.json"),
    "-o",
    at("se.onnx"),
    "--export-weights",
    at("w.safetensors"),
  ]);
  assert.is(made.code, 0, made.stderr);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Command lines by the schema of what they print. */
const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  compile: [
    ["compile", "se.json", "-o", "a.onnx", "--export-weights", "a.safetensors", "--precision", "fp16"],
    ["compile", "se.json", "-o", "b.onnx", "--external-data", "--insert", "eca", "--keep-bn"],
    [
      ...["compile", "se.json", "-o", "c.onnx", "--weights", "w.safetensors", "--new-gates", "fit"],
      ...["--passes", "swap-attention{to=eca}", "--calibrate", "random:8"],
    ],
  ],
  rewrite: [
    ["rewrite", "se.onnx", "--explain"],
    ["rewrite", "se.onnx", "--swap", "se=eca", "-o", "d.onnx"],
    ["rewrite", "se.onnx", "--swap", "se=auto", "--calibrate", "random:8", "-o", "e.onnx"],
  ],
  verify: [
    ["verify", "se.json", "--per-block"],
    ["verify", "se.onnx", "--batch", "1"],
  ],
  run: [["run", "se.onnx", "w.npy"]],
  bench: [["bench", "se.onnx", "se.json", "--processes", "2", "--runs", "2", "--warmup", "1", "--profile"]],
  codegen: [["codegen", "se.json", "--lang", "pytorch", "-o", "module"]],
  stats: [
    ["stats", "se.json", "--convention", "eca"],
    ["stats", "se.onnx"],
  ],
  diff: [
    ["diff", "se.json", "eca.json"],
    ["diff", "se.json", "se.onnx"],
  ],
  "stats-several": [["stats", "se.json", "se.onnx"]],
  "diff-several": [["diff", "se.json", "eca.json", "se.onnx", "--fail-on", "macs>1G"]],
  report: [
    ["report", "se.json", "eca.json", "se.onnx"],
    ["report", "se.json", "--verify", "--bench"],
  ],
  graph: [["graph", "se.json"]],
  sweep: [["sweep", "sweep.json", "-o", "rows.jsonl"]],
  "sweep-merge": [["sweep", "merge", "rows.jsonl", "-o", "merged.jsonl"]],
  inspect: [["inspect", "se.onnx", "--spec", "found.json"]],
  "weights-inspect": [["weights", "inspect", "w.safetensors", "--values"]],
  "weights-convert": [
    ["weights", "convert", "w.safetensors", "--spec", "se.json", "--names", "ecagen", "-o", "x.safetensors"],
  ],
  "weights-diff": [["weights", "diff", "w.safetensors", "w.safetensors"]],
  "explain-lowering": [["explain", "lowering", "se.json", "--batch", "1"]],
  explain: [["explain", "k", "eca.json"]],
  tables: [["tables", "eca-net"]],
  resolve: [
    ["resolve", "eca.json"],
    ["resolve", "faster-rcnn-resnet50"],
    ["resolve", "mobilevit-xs"],
    ["resolve", "ecapa-tdnn-512"],
  ],
  list: [["list", "resnet50"]],
  init: [["init", "first.json"]],
  doctor: [["doctor"]],
  completion: [["completion"]],
  error: [
    ["stats", "missing.json"],
    ["stats", "--no-such-flag"],
    ["verify", "eca.json", "--weights", "eca.json"],
  ],
};

/** Commands that say how things are here, and may fail in that. */
const MAY_FAIL = ["doctor", "error"];
const FILES = /\.(jsonl?|onnx|safetensors|npy)$/;

for (const [name, lines] of Object.entries(COMMANDS)) {
  for (const line of lines) {
    test(`ecagen ${line.join(" ")} prints what the schema of ${name} says`, () => {
      writeFileSync(at("w.npy"), npy([1, 3, 16, 16]));
      const args = line.map((word) => (FILES.test(word) || word === "module" ? at(word) : word));
      const { code, stdout, stderr } = ecagen([...args, "--json"]);
      if (!MAY_FAIL.includes(name)) assert.is(code, 0, `${stderr}${stdout}`);
      const document = JSON.parse(stdout) as Record<string, unknown>;
      assert.is(document.schemaVersion, 1);
      const schema = published(name);
      const found = z.fromJSONSchema(closed(schema)).safeParse(document);
      assert.ok(found.success, found.error?.message);
      for (const key of Object.keys(document)) {
        const { [key]: _, ...less } = document;
        const isRequired = (schema.required as readonly string[]).includes(key);
        assert.is(z.fromJSONSchema(schema).safeParse(less).success, !isRequired, `without ${key}`);
      }
    });
  }
}

test("every name of a schema is one of these, or the spec's", () => {
  // That of a worker is in sweep-queue.test.ts, which has a Redis server.
  assert.equal(["spec", "sweep-file", "worker", ...Object.keys(COMMANDS)].sort(), [...SCHEMA_NAMES].sort());
  assert.is(
    JSON.parse(ecagen(["schema"]).stdout).$id,
    JSON.parse(ecagen(["schema", "--of", "spec"]).stdout).$id,
  );
});

test("a document that is a schema has the keys of one, and no other", () => {
  assert.not("schemaVersion" in JSON.parse(ecagen(["schema", "--json"]).stdout));
});

function published(name: string): Record<string, unknown> {
  const printed = JSON.parse(ecagen(["schema", "--of", name]).stdout) as Record<string, unknown>;
  assert.equal(printed, JSON.parse(readFileSync(`schema/json/${name}.schema.json`, "utf8")));
  return printed;
}

/** The schema with no other keys than those that it names, so that none is forgotten. */
function closed(schema: Record<string, unknown>): Record<string, unknown> {
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== "object" || value === null) return value;
    const parts = Object.entries(value).map(([key, each]) => [key, within(each)] as const);
    const isOpen = "properties" in value && !("additionalProperties" in value);
    return Object.fromEntries(isOpen ? [...parts, ["additionalProperties", false] as const] : parts);
  };
  return within(schema) as Record<string, unknown>;
}

/** An array of float32 zeros in NumPy's format. */
function npy(dims: readonly number[]): Uint8Array {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(", ")}), }`.padEnd(117);
  const bytes = dims.reduce((product, dim) => product * dim, 4);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
    Buffer.from(`${head}\n`),
    Buffer.alloc(bytes),
  ]);
}

test.run();
