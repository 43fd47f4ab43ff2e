import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules, PYTHON } from "../../scripts/python.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { openModel } from "../../src/files/models/open.js";
import { freezeGraph, freezeOp } from "../../src/ir/builder.js";
import type { Graph, GraphInput, Op } from "../../src/ir/graph.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { skip } from "../skip.js";
import { numbersOf } from "./support.js";

/**
 * Gates between QuantizeLinear and DequantizeLinear. What they compute without the steps, and what a new ECA gate computes of the
 * map that stands there, is computed by numpy.
 */
const test = suite("passes: quantised gates");

const GATES = {
  convolutions: { kind: "se", parameters: 76, options: { channels: 4 } },
  hard: { kind: "se", parameters: 76, options: { channels: 4, gate: "hard_sigmoid_0.2" } },
  gemm: { kind: "se", parameters: 76, options: { channels: 4 } },
  matmul: { kind: "se", parameters: 76, options: { channels: 4 } },
  eca: { kind: "eca", parameters: 3, options: { kernel: 3 } },
};
const WAYS = ["plain", "symmetric", "per-channel", "dedicated", "positive"];

const SCRIPT = fileURLToPath(new URL("../python/quantized_gates.py", import.meta.url));

function python(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, [SCRIPT, ...args], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  return stdout;
}

interface Written {
  readonly map: readonly number[];
  readonly gated: readonly number[];
}

/** A graph of one op over an input. */
function alone(graph: Graph, op: Op): Graph {
  const [x, ...parameters] = op.operands;
  assert.ok(x);
  const input: GraphInput = { kind: "input", name: x.name, type: x.type };
  const ops = [freezeOp({ ...op, operands: [input, ...parameters] } as Op)];
  return freezeGraph({ ...graph, blocks: [], inputs: [input], ops, outputs: op.results });
}

if (hasPythonModules("onnx", "numpy")) {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-quantized-"));
  test.after(() => rmSync(folder, { recursive: true }));
  python("make", folder);
  const written: Readonly<Record<string, Written>> = JSON.parse(
    readFileSync(join(folder, "gates.json"), "utf8"),
  );

  for (const [gate, expected] of Object.entries(GATES)) {
    for (const way of WAYS) {
      const name = `${gate}-${way}`;
      const file = join(folder, `${name}.onnx`);

      test(`${name}: it is found, with the weights that its steps are for`, () => {
        const model = openModel(file, {});
        try {
          const { graph, raised, rejected } = raiseAttention(model.graph);
          assert.equal(rejected, []);
          assert.equal(
            raised.map(({ kind, parameters, options, quantized }) => ({
              kind,
              parameters,
              options,
              quantized,
            })),
            [{ ...expected, quantized: true }],
          );
          const op = graph.ops.find(({ kind }) => kind.startsWith("attention."));
          assert.ok(op);
          const lowered = runPasses(
            alone(graph, op),
            parsePipeline("lower-attention,lower-activation"),
          ).graph;
          const [x] = lowered.inputs;
          assert.ok(x);
          const { map, gated } = written[name] ?? { map: [], gated: [] };
          const input = { dims: x.type.dims.map(Number), data: Float64Array.from(map) };
          const [y] = evaluateGraph(lowered, new Map([[x.name, input]]), numbersOf).values();
          assert.is(y?.data.length, gated.length);
          const far = Math.max(...gated.map((each, i) => Math.abs(each - (y?.data[i] ?? Number.NaN))));
          assert.ok(far < 1e-5 && Math.max(...gated) > 0.1, `it is off by ${far}`);
        } finally {
          model.close();
        }
      });

      // A gate of the kind that is asked for stays as it is.
      if (gate === "eca") continue;
      test(`${name}: a new gate reads the map as it stands there, and computes in float`, async () => {
        const output = join(folder, "swapped.onnx");
        const report = await rewrite(file, { swaps: ["any=eca"], output });
        assert.is(report.verification?.of, "gates");
        assert.equal(
          report.warnings.map(({ code }) => code),
          ["rewrite/quantized-gate"],
        );
        const { far, spread } = JSON.parse(python("check", file, output));
        assert.ok(far < 1e-6 && spread > 0.1, `it is off by ${far} of ${spread}`);
      });
    }
  }

  test("a file whose quantised gates nothing exchanges stays as it is", async () => {
    const file = join(folder, "convolutions-plain.onnx");
    const report = await rewrite(file, { passes: "raise-attention,lower-attention" });
    assert.equal(
      report.raised.map(({ quantized }) => quantized),
      [true],
    );
    assert.ok(report.passes.length > 0 && report.passes.every(({ changed }) => !changed));
  });
} else {
  skip("quantised gates", "python3 has no onnx");
}

test.run();
