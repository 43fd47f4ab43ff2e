import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { type Graph, usesOf } from "../../src/ir/graph.js";
import { isPrimitive } from "../../src/ir/ops/registry.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { openModel } from "../../src/onnx/import.js";
import { runPasses } from "../../src/passes/manager.js";
import { parsePipeline } from "../../src/passes/pipeline.js";
import { raiseAttention } from "../../src/passes/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { networksOfOthers } from "../onnx/networks-of-others.js";
import { numbersOf } from "./support.js";

const test = suite("passes: raise-attention, networks of others");

for (const { name, file, facts, x, y } of networksOfOthers()) {
  test(`${name}: every gate is found, and computes what it did`, () => {
    const { graph, close } = openModel(file);
    const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
    assert.equal(rejected, []);
    assert.equal(
      gates.map(({ kind, at, channels }) => ({ kind, at, channels })),
      facts.gates.map((gate, i) => ({ kind: facts.kind, at: scopeOf(gate), channels: facts.channels[i] })),
    );
    for (const { options } of gates) {
      for (const [key, value] of Object.entries(facts.options)) assert.equal(options[key], value, key);
    }
    const scalars = gates.reduce((sum, { parameters }) => sum + parameters, 0);
    assert.is(scalars, facts.gateParameters);
    assert.is(countNetwork(raised).parameters, facts.parameters);
    assertComputes(raised, x, y);
    close();
  });

  test(`${name}: lowered again it computes the same`, () => {
    const { graph, close } = openModel(file);
    const lowered = runPasses(graph, parsePipeline("raise-attention,lower-attention,lower-activation")).graph;
    assert.ok(lowered.ops.every(({ kind }) => isPrimitive(kind)));
    assertComputes(lowered, x, y);
    close();
  });

  test(`${name}: ECA in place of its gates leaves exactly the parameters of the rest`, () => {
    const { graph, close } = openModel(file);
    const swap = `raise-attention,swap-attention{from=${facts.kind},to={type=eca,kernel=3}}`;
    const swapped = runPasses(graph, parsePipeline(swap)).graph;
    const rest = facts.parameters - facts.gateParameters;
    assert.is(countNetwork(swapped).parameters, rest + 3 * facts.gates.length);
    close();
  });

  test(`${name}: nothing else is touched`, () => {
    const { graph, close } = openModel(file);
    const raised = raiseAttention(graph).graph;
    const ops = new Set(graph.ops);
    const others = raised.ops.filter((op) => !ops.has(op));
    assert.equal(
      others.map(({ kind }) => kind),
      facts.gates.map(() => `attention.${facts.kind}`),
    );
    assert.ok(raised.outputs.every((output, i) => output === graph.outputs[i]));
    assertNothingIsDead(raised);
    close();
  });
}

/** The scope that PyTorch gives a module: `layer1.0.se` is in `/layer1/layer1.0/se`. */
function scopeOf(module: string): string {
  const words = module.split(".");
  const scopes: string[] = [];
  words.forEach((word, i) => {
    const before = words[i - 1];
    scopes.push(
      /^\d+$/.test(word) && before !== undefined ? `${scopes.at(-1)?.split("/").at(-1)}.${word}` : word,
    );
  });
  return `/${scopes.join("/")}`;
}

function assertComputes(graph: Graph, x: Tensor, y: Tensor): void {
  const outputs = evaluateGraph(graph, new Map([["x", x]]), numbersOf);
  const [actual] = outputs.values();
  const range = Math.max(...y.data) - Math.min(...y.data);
  const far = Math.max(...y.data.map((value, i) => Math.abs(value - (actual?.data[i] ?? Number.NaN))));
  assert.ok(far <= 1e-5 * range, `the output is ${far} of ${range} away`);
}

/** What nobody reads would be left of a gate. */
function assertNothingIsDead(graph: Graph): void {
  const uses = usesOf(graph);
  const dead = graph.ops.filter((op) =>
    op.results.every((result) => !uses.has(result) && !graph.outputs.includes(result)),
  );
  assert.equal(
    dead.map(({ results }) => results[0]?.name),
    [],
  );
}

test.run();
