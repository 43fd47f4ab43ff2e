import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { InputError } from "../../../src/base/diagnostic.js";
import { sha256Hex } from "../../../src/base/sha256.js";
import { specNetwork } from "../../../src/given/spec-file.js";
import { type Graph, parametersOf } from "../../../src/ir/graph.js";
import { elementsOf } from "../../../src/ir/known-elements.js";
import { printGraph } from "../../../src/ir/print.js";
import { replaceParameters } from "../../../src/ir/rewrite.js";
import type { Tensor } from "../../../src/ir/tensor.js";
import { evaluateGraph } from "../../../src/reference/interpreter.js";
import { diffModels } from "../../../src/reports/diff/diff-models.js";
import { inputShapes, parameterNumbers, randomInputs } from "../../../src/trials/numbers.js";
import { stressed } from "../../../src/trials/stressed.js";
import { fileOfSpec, type Side } from "./file-networks.js";
import { defaultOf, type Field, inner, secondValues, valueAt, withValue } from "./second-values.js";

/**
 * Specs with one field changed, and what a diff must say of it: what it changes in the network must show, at its place,
 * with a before and an after that differ. Whether it changes anything says the text of the IR, which is no part of the diff;
 * that networks compute the same is tried with numbers.
 */
let folder = "";

/** The folder of the specs, for as long as a suite runs. */
export const specFolder = {
  make(): void {
    folder = mkdtempSync(join(tmpdir(), "ecagen-diff-"));
    seen.clear();
    files.clear();
  },
  remove(): void {
    rmSync(folder, { recursive: true, force: true });
  },
  path: (name: string): string => join(folder, name),
};

export type Json = Readonly<Record<string, unknown>>;

export const HEAD = { channels: 24, classes: 6, dropout: 0.2 };
const BASE: Json = {
  input: { height: 24, width: 24 },
  scaling: { width: 1.3, depth: 1.4, divisor: 4 },
  stem: { channels: 8, deep: [4], pool: { kernel: 3, stride: 2 } },
  head: HEAD,
  dropPath: 0.2,
  attention: { type: "eca" },
};

export const spec = (more: Json): Json => ({ ...BASE, ...more });

/** A stage of two blocks between plain ones; last, where it is preactivated, and the head with it. */
export function amidPlain(stage: Json): Json {
  const own = { channels: 12, repeat: 2, ...stage };
  const plain = { block: "conv-norm-act", channels: 12 };
  return stage.preactivation === true
    ? spec({ stages: [plain, own], head: { ...HEAD, preactivation: true } })
    : spec({ stages: [plain, own, plain] });
}

/** A spec's network, with a text of it that leaves out its name and the places in the spec. */
export interface Written {
  readonly named: Side;
  readonly text: string;
}

const seen = new Map<string, Written | undefined>();

/** The network of a spec that is written to a file; undefined for one that is refused. */
export function networkOf(value: Json): Written | undefined {
  const json = JSON.stringify(value);
  if (seen.has(json)) return seen.get(json);
  const file = join(folder, `${seen.size}.json`);
  writeFileSync(file, json);
  const made = madeOf(file);
  seen.set(json, made);
  return made;
}

function madeOf(file: string): Written | undefined {
  try {
    const network = specNetwork(file);
    const { preprocessing, labels } = network.spec.resolved;
    const { graph } = network;
    const blocks = graph.blocks.map(({ specPath: _, ...block }) => block);
    const ops = graph.ops.map((op) => ({ ...op, loc: { scope: op.loc.scope } }));
    // Of many numbers the text has only how many there are.
    const constants = parametersOf(graph).flatMap(({ role, data }) =>
      role === "fixed" ? sha256Hex(new Uint8Array((elementsOf(data) ?? new Float64Array()).buffer)) : [],
    );
    const text =
      printGraph({ ...graph, name: "", blocks, ops }) + JSON.stringify({ preprocessing, labels, constants });
    return { named: [file, { kind: "spec", ...network }], text };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

export function given(value: Json): Written {
  const network = networkOf(value);
  if (network === undefined) throw new Error(`the base is refused: ${JSON.stringify(value)}`);
  return network;
}

/** How far a field is tried. */
export interface Trial {
  /** Whether one second value is enough, even of words. */
  readonly onlyOne?: boolean;
  /** Whether the ONNX files are compared too, for the first value that changes something. */
  readonly inFiles?: boolean;
}

/** How often a changed field changed the network; asserts that each of these changes shows. */
export function shown(
  base: Json,
  { path, schema }: Field,
  at: RegExp,
  { onlyOne = false, inFiles = true }: Trial = {},
): number {
  const before = given(base);
  const isWord = ["enum", "literal"].includes(inner(schema).def.type);
  let found = 0;
  for (const value of secondValues(schema, valueAt(base, path) ?? defaultOf(schema))) {
    const after = networkOf(withValue(base, path, value) as Json);
    if (after === undefined || after.text === before.text) continue;
    const what = `${path.join(".")} = ${JSON.stringify(value)} in ${JSON.stringify(base)}`;
    assertShown(before, after, at, what);
    if (found === 0 && inFiles) assertShownInFiles(before, after, what);
    found++;
    // One second value is enough where there are many; of words each one is another thing.
    if (onlyOne || !isWord) break;
  }
  return found;
}

export function assertShown(a: Written, b: Written, at: RegExp, what: string): void {
  const { changes, parameters, computeTheSame } = diffModels(a.named, b.named);
  assert.ok(
    changes.some((change) => at.test(change.at)),
    `${what}: no change at ${at}: ${JSON.stringify(changes)}`,
  );
  for (const change of changes) {
    assert.is.not(change.before, change.after, `${what}: ${JSON.stringify(change)}`);
    assert.is.not(change.kind, "network-changed", `${what}: ${JSON.stringify(change)}`);
    for (const text of [change.before, change.after])
      assert.not.match(text ?? "", /(?:after|before) (?:,|$)/, `${what}: a place without a layer`);
  }
  const sum = changes.reduce((total, { parametersDelta }) => total + parametersDelta, 0);
  assert.is(sum, parameters.delta, what);
  const ofNetwork = changes.filter(({ kind }) => !["training-changed", ...SETTINGS].includes(kind));
  if (ofNetwork.length === 0) assert.ok(computeTheSame, what);
  if (!computeTheSame) return;
  const [old, now] = outputsOf(a, b);
  assert.equal(now, old, what);
}

/**
 * What a diff of the ONNX files of two specs must say: the sum of the parameters, that they differ where the specs do, and that they compute
 * the same only where they do so with equal weights. That is so of what a file has in its weights, as the ε of a norm that was folded.
 */
function assertShownInFiles(a: Written, b: Written, what: string): void {
  const [old, now] = [fileOf(a), fileOf(b)];
  const { changes, parameters, computeTheSame } = diffModels(old, now);
  for (const change of changes)
    assert.is.not(change.before, change.after, `${what}, files: ${JSON.stringify(change)}`);
  const sum = changes.reduce((total, { parametersDelta }) => total + parametersDelta, 0);
  assert.is(sum, parameters.delta, `${what}, files`);
  const isSame = changes.every(({ kind }) => SETTINGS.includes(kind));
  assert.is(computeTheSame, isSame, `${what}, files: ${JSON.stringify(changes)}`);
  if (!isSame || diffModels(a.named, b.named).computeTheSame) return;
  const [before, after] = outputsOf({ named: old }, { named: now });
  assert.equal(after, before, `${what}: no difference is seen in files`);
}

const files = new Map<Written, Side>();

function fileOf(written: Written): Side {
  const [file, model] = written.named;
  assert.ok(model.kind === "spec");
  const made = files.get(written) ?? fileOfSpec(model, file.replace(/json$/, "onnx"));
  files.set(written, made);
  return made;
}

const SETTINGS = ["preprocessing-changed", "labels-changed"];

const known = new WeakMap<Graph, Graph>();

function stressedOnce(graph: Graph): Graph {
  const made = known.get(graph) ?? stressed(graph, 0);
  known.set(graph, made);
  return made;
}

/** What two networks compute of one image with the weights of the first, which make every part of it matter. */
function outputsOf(a: Pick<Written, "named">, b: Pick<Written, "named">): readonly (readonly Tensor[])[] {
  const first = stressedOnce(a.named[1].graph);
  const weights = parametersOf(first);
  const byName = new Map(weights.map(({ name, data }) => [name, data]));
  // A layer of another name has parameters of other names, at the same places.
  const places = new Map(parametersOf(b.named[1].graph).map((parameter, i) => [parameter, weights[i]?.data]));
  const second = replaceParameters(b.named[1].graph, (parameter) => ({
    ...parameter,
    data: byName.get(parameter.name) ?? places.get(parameter) ?? parameter.data,
  }));
  const numbers = parameterNumbers(0);
  return [first, second].map((graph) => [
    ...evaluateGraph(graph, randomInputs(inputShapes(graph), 1, 0), numbers).values(),
  ]);
}

/** Fields that are nothing of the network, and why. Each is seen to leave it as it is. */
const NOTHING: Readonly<Record<string, string>> = {
  $schema: "a link for editors",
  name: "what the network is called",
  description: "words for people",
  family: "words for people",
  extends: "where the spec's text comes from",
  "names.blocks": "what files of weights call the layers, not what they compute",
  "names.gates": "what files of weights call the layers, not what they compute",
  "expect.parameters": "a check, not a part of the network",
  "expect.attentionParameters": "a check, not a part of the network",
  "expect.macs": "a check, not a part of the network",
  "expect.productMacs": "a check, not a part of the network",
};

/** Fields of which at least one base shows a change, and all bases all that there are. */
export function assertFields(
  bases: readonly Json[],
  fields: readonly Field[],
  at: RegExp,
  trial: Trial = {},
): void {
  const silent = fields.filter((field) => {
    const key = field.path.filter((step) => typeof step === "string").join(".");
    const found = bases.reduce((sum, base) => {
      const inFiles = trial.inFiles !== false && sum === 0;
      return sum + shown(base, field, at, { ...trial, inFiles });
    }, 0);
    if (!Object.hasOwn(NOTHING, key)) return found === 0;
    assert.is(found, 0, `${key} is said to change nothing: ${NOTHING[key]}`);
    return false;
  });
  assert.equal(
    silent.map(({ path }) => path.join(".")),
    [],
  );
}

export const below = (path: readonly (string | number)[], fields: readonly Field[]): readonly Field[] =>
  fields.map((field) => ({ ...field, path: [...path, ...field.path] }));
