import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules, PYTHON } from "../../scripts/python.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { verify } from "../../src/driver/verify/verify.js";
import { openModel } from "../../src/files/models/open.js";
import { freezeGraph, freezeOp } from "../../src/ir/builder.js";
import type { Graph, GraphInput, Op } from "../../src/ir/graph.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { openSession } from "../../src/runtime/session.js";
import { runWith } from "../../src/trials/outputs.js";
import { skip } from "../skip.js";
import { numbersOf } from "./support.js";

/**
 * Gates between QuantizeLinear and DequantizeLinear, and of operators on whole steps. What they compute without the steps, and what a new
 * ECA gate computes of the map that stands there, is computed by numpy.
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

/** The two formats of quantize_static, by their scripts. */
const FORMATS = { QDQ: "quantized_gates", QOperator: "quantized_operator_gates" };

function python(script: string, ...args: readonly string[]): string {
  const file = fileURLToPath(new URL(`../python/${script}.py`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(PYTHON, [file, ...args], { encoding: "utf8" });
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

interface Checked {
  readonly x: readonly number[];
  readonly expected: readonly number[];
  readonly written: readonly number[];
  readonly step: number;
  readonly operators: readonly string[];
}

function largest(numbers: readonly number[], others: ArrayLike<number>): number {
  return Math.max(...numbers.map((each, i) => Math.abs(each - (others[i] ?? Number.NaN))));
}

function nodesOf(file: string): readonly unknown[] | null | undefined {
  return ModelProto.decode(readFileSync(file)).graph?.node;
}

/** The op of a gate that was found, in real numbers, over the map that Python gave it. */
function gatedBy(graph: Graph, { map }: Written): ArrayLike<number> {
  const op = graph.ops.find(({ kind }) => kind.startsWith("attention."));
  assert.ok(op);
  const lowered = runPasses(alone(graph, op), parsePipeline("lower-attention,lower-activation")).graph;
  const [x] = lowered.inputs;
  assert.ok(x);
  const input = { dims: x.type.dims.map(Number), data: Float64Array.from(map) };
  const [y] = evaluateGraph(lowered, new Map([[x.name, input]]), numbersOf).values();
  return y?.data ?? [];
}

if (hasPythonModules("onnx", "numpy")) {
  const folder = mkdtempSync(join(tmpdir(), "ecagen-quantized-"));
  test.after(() => rmSync(folder, { recursive: true }));
  for (const [format, script] of Object.entries(FORMATS)) {
    const own = join(folder, format);
    mkdirSync(own);
    python(script, "make", own);
    const written: Readonly<Record<string, Written>> = JSON.parse(
      readFileSync(join(own, "gates.json"), "utf8"),
    );

    for (const [gate, expected] of Object.entries(GATES)) {
      for (const way of WAYS) {
        const name = `${gate}-${way}`;
        const file = join(own, `${name}.onnx`);

        test(`${format} ${name}: it is found, with the weights that its steps are for`, () => {
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
            const given = written[name] ?? { map: [], gated: [] };
            const far = largest(given.gated, gatedBy(graph, given));
            assert.ok(far < 1e-5 && Math.max(...given.gated) > 0.1, `it is off by ${far}`);
          } finally {
            model.close();
          }
        });

        // A gate of the kind that is asked for stays as it is.
        if (gate === "eca") continue;
        test(`${format} ${name}: a new gate reads the map as it stands there, and computes in float`, async () => {
          const output = join(own, "swapped.onnx");
          const report = await rewrite(file, { swaps: ["any=eca"], output });
          assert.is(report.verification?.of, "gates");
          assert.equal(
            report.warnings.map(({ code }) => code),
            ["rewrite/quantized-gate"],
          );
          const checked = JSON.parse(python(script, "check", file, output));
          if (format === "QDQ") {
            const { far, spread } = checked;
            assert.ok(far < 1e-6 && spread > 0.1, `it is off by ${far} of ${spread}`);
          } else {
            await checkSteps(checked, output);
          }
        });
      }
    }

    test(`${format}: a file whose quantised gates nothing exchanges stays as it is`, async () => {
      const file = join(own, "convolutions-plain.onnx");
      const output = join(own, "same.onnx");
      const report = await rewrite(file, { passes: "raise-attention,lower-attention", output });
      assert.equal(
        report.raised.map(({ quantized }) => quantized),
        [true],
      );
      assert.ok(report.passes.length > 0 && report.passes.every(({ changed }) => !changed));
      assert.equal(nodesOf(output), nodesOf(file));
    });
  }

  const forms = join(folder, "forms");
  mkdirSync(forms);
  for (const line of python("quantized_operator_forms", forms).trim().split("\n")) {
    const [name = "", ...kinds] = line.split(" ");
    test(`form ${name}: ${kinds.length} gates, and what they become is what the file says otherwise`, async () => {
      const file = join(forms, `${name}.onnx`);
      const same = join(forms, "same.onnx");
      const { raised } = await rewrite(file, { output: same });
      assert.equal(
        raised.map(({ kind }) => kind),
        kinds,
      );
      assert.ok(readFileSync(file).equals(readFileSync(same)));
      const output = join(forms, "swapped.onnx");
      if (kinds.length === 0) return;
      const { verification } = await rewrite(file, { swaps: ["any=eca"], output });
      assert.is(verification?.of, "gates");
      // ONNX Runtime can't be told to add products of channels last exactly.
      if (name !== "channels-last") assert.is((await verify(output, { batches: [3] })).verdict, "right");
    });
  }

  /** What the new gate gives goes to the step of the equation's number, in numpy and in ONNX Runtime; one step beside it at a tie. */
  async function checkSteps({ x, expected, written, step, operators }: Checked, file: string): Promise<void> {
    assert.ok(!operators.includes("QLinearMul"), operators.join());
    const session = await openSession(file);
    try {
      const [{ name = "", dims = [] } = {}] = session.inputs;
      const input = { dims: dims.map(Number), data: Float64Array.from(x) };
      const run = (await runWith(session, new Map([[name, input]]))).get("y") ?? [];
      for (const actual of [written, run]) {
        const off = expected.filter((each, i) => Math.abs(each - (actual[i] ?? Number.NaN)) > step * 1e-3);
        assert.ok(largest(expected, actual) < 1.001 * step, `it is off by ${largest(expected, actual)}`);
        assert.ok(off.length < expected.length / 50, `${off.length} of ${expected.length} steps are others`);
      }
      assert.ok(new Set(expected).size > 20);
    } finally {
      await session.close();
    }
  }
} else {
  skip("quantised gates", "python3 has no onnx");
}

test.run();
