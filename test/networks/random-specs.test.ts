import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { importAssumed } from "../../src/given/onnx-file.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import { isOp } from "../../src/ir/rewrite.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { exportBytes } from "../../src/trials/exported.js";
import { stressed } from "../../src/trials/stressed.js";
import { distance, evaluate, randomInputs, runModel } from "../onnx/agreement.js";
import { SpecWriter } from "./random-spec.js";

/**
 * Random specs with all kinds of layers compile, ONNX Runtime computes what the interpreter does, and the file has their MACs and, where
 * nothing is folded, their parameters but for gains of weights. `RANDOM_SPECS=FROM-TO` runs others than the usual ones.
 */
const [FIRST = 0, LAST = 23] = (process.env.RANDOM_SPECS ?? "").split("-").filter(Boolean).map(Number);

/** What float32 may do to a network of some twenty layers, as a part of its range: 2.2e-4 is the most of seeds 0 to 4,999. */
const TOLERANCE = 3e-4;

/** Seeds that showed a mistake once: a trained factor of a whole map was counted as a constant in the file. */
const MISTAKEN = [1407, 4716];

const test = suite("networks: random specs");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-random-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test(`specs ${FIRST} to ${LAST}, and those that showed a mistake`, async () => {
  const seeds = Array.from({ length: LAST + 1 - FIRST }, (_, i) => FIRST + i);
  for (const seed of [...seeds, ...MISTAKEN]) {
    const spec = new SpecWriter(seed).spec();
    const text = JSON.stringify(spec);
    const file = join(folder, `${seed}.json`);
    writeFileSync(file, text);
    const network = specNetwork(file);
    const graph = stressed(network.graph, seed);
    const inputs = randomInputs(graph, 2);
    const bytes = exportBytes({ ...network, graph });
    const moved = distance(evaluate(graph, inputs), await runModel(bytes, graph, inputs));
    assert.ok(moved < TOLERANCE, `${seed}: off by ${moved}: ${text}`);
    const { graph: found } = runPasses(importAssumed(bytes, file).graph, parsePipeline("raise-attention"));
    const read = countNetwork(found);
    const counts = countNetwork(network.graph);
    assert.is(read.macs, counts.macs, `${seed}: ${text}`);
    const folds = parametersOf(network.graph).some(({ role }) => role === "buffer");
    if (!folds) assert.is(read.parameters, counts.parameters - gainsOf(network.graph), `${seed}: ${text}`);
  }
});

/** The trained gains of standardised weights, which are in the weights of a file. */
function gainsOf(graph: Graph): number {
  return graph.ops
    .filter((op) => isOp(op, "standardized_weight"))
    .reduce((sum, { operands: [, gain] }) => sum + (gain === undefined ? 0 : Number(gain.type.dims[0])), 0);
}

test.run();
