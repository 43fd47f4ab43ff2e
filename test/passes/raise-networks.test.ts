import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { openModel } from "../../src/files/models/open.js";
import { type Graph, usesOf } from "../../src/ir/graph.js";
import { isPrimitive } from "../../src/ir/ops/registry.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { startRuntime } from "../../src/runtime/session.js";
import { networksOfOthers } from "../onnx/networks-of-others.js";
import { numbersOf } from "./support.js";

const test = suite("passes: raise-attention, networks of others");

for (const { name, file, facts, x, y } of networksOfOthers()) {
  test(`${name}: every gate is found, and computes what it did`, () => {
    const { graph, close } = openModel(file);
    const { graph: raised, raised: gates, rejected } = raiseAttention(graph);
    assert.equal(rejected, []);
    assert.equal(
      gates.map(({ kind, at, channels }, i) => ({ kind, at: facts.gates[i] && at, channels })),
      facts.gates.map((gate, i) => ({
        kind: facts.kind,
        at: gate && scopeOf(gate),
        channels: facts.channels[i],
      })),
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

test("ONNX Runtime computes what the interpreter does, with the gates as they were and with ECA in their place", async () => {
  const runtime = await startRuntime();
  try {
    for (const { name, file, facts, x, y } of networksOfOthers()) {
      const { graph, close } = openModel(file);
      const swap = `swap-attention{from=${facts.kind},to=eca},`;
      for (const [swapped, expected] of [
        ["", y],
        [swap, undefined],
      ] as const) {
        const pipeline = parsePipeline(`raise-attention,${swapped}lower-attention,lower-activation`);
        const lowered = runPasses(graph, pipeline).graph;
        const session = await runtime.open(
          modelBytes(encodeModel(lowered, { producerVersion: "0" }), { seed: 0 }),
        );
        const input = { dims: x.dims, data: Float32Array.from(x.data) };
        const outputs = await session.run(new Map([["x", input]]));
        const wanted = expected ?? evaluateGraph(lowered, new Map([["x", x]]), numbersOf).get("y");
        assertNear(outputs.get("y"), wanted as Tensor, `${name} ${swapped}`);
        await session.close();
      }
      close();
    }
  } finally {
    runtime.close();
  }
});

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
  assertNear(evaluateGraph(graph, new Map([["x", x]]), numbersOf).get("y"), y);
}

interface Numbers {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

function assertNear(actual: Numbers | undefined, expected: Tensor, what = ""): void {
  assert.equal(actual?.dims, expected.dims);
  const range = Math.max(...expected.data) - Math.min(...expected.data);
  assert.ok(range > 0.1, `${what}: the output shows no difference`);
  const far = Math.max(...expected.data.map((value, i) => Math.abs(value - (actual?.data[i] ?? Number.NaN))));
  assert.ok(far <= 1e-5 * range, `${what}: the output is ${far} of ${range} away`);
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
