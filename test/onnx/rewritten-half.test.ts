import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeModel } from "../../src/files/models/open.js";
import { type Graph, usesType, type Value } from "../../src/ir/graph.js";
import { definitionOf } from "../../src/ir/ops/registry.js";
import { rewriteGraph } from "../../src/ir/rewrite.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { OPSETS } from "../../src/onnx/file/opset.js";
import { type ModelMessage, ModelProto } from "../../src/onnx/file/proto.js";
import { encodeRewritten } from "../../src/onnx/rewritten/model.js";
import { distance, evaluate, randomInputs, runModel } from "./agreement.js";
import { casesOf } from "./cases.js";

// A node of a file, rewritten in half precision, has all its operands in the types that its operator wants: also those that
// the IR has as attributes (bounds, a padded value), and those of declarations without a shape.

const test = suite("onnx: rewritten models in half precision");

const FLOAT = 1;
/** Units in the last place of float16, after casts. */
const TOLERANCE = 2e-3;

/**
 * The file of a case as others write it: with a value that may be left out, declarations of an element type alone, and a node
 * behind the case's, which so keeps its name.
 */
function asOthersWrite(model: ModelMessage): void {
  const { graph } = model;
  const [output] = graph?.output ?? [];
  const nodes = graph?.node ?? [];
  for (const { opType, input, output: made } of nodes) {
    if (opType === "Pad") {
      graph?.initializer?.push({ name: "padded", dataType: FLOAT, dims: [], floatData: [0] });
      input?.push("padded");
    }
    if (opType === "Shape") continue;
    for (const name of made ?? [])
      graph?.valueInfo?.push({ name, type: { tensorType: { elemType: FLOAT } } });
  }
  nodes.push({ opType: "Identity", name: "last", input: [output?.name ?? ""], output: ["last"] });
  if (output) output.name = "last";
}

/** The graph with every op that may do so computing in half precision, whatever it costs. */
function allInHalf(graph: Graph): Graph {
  return rewriteGraph(graph, "half", (op, context) => {
    const definition = definitionOf(op.kind);
    const [result] = op.results;
    if (definition.level === "model" || definition.precision !== "half" || result?.type.dtype !== "float32")
      return;
    const to = result.name === "last" ? "float32" : "float16";
    const operands = op.operands.map((operand, i): Value => {
      const { dtype } = operand.type;
      if ((dtype !== "float32" && dtype !== "float16") || dtype === to) return operand;
      return operand.kind === "parameter"
        ? context.parameterOf(`${operand.name}.half`, operand.data, operand.role, to)
        : context.op("cast", [operand], { to }, `cast${i}`);
    });
    return context.again(operands);
  });
}

function rewrittenInHalf(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly graph: Graph } {
  const imported = decodeModel(bytes, "case.onnx");
  const graph = allInHalf(imported.graph);
  return { graph, bytes: modelBytes(encodeRewritten(graph, imported), { seed: 0 }) };
}

for (const opset of [OPSETS.first, OPSETS.default, OPSETS.last]) {
  test(`ONNX Runtime takes every op that a file has, opset ${opset}`, async () => {
    let inHalf = 0;
    for (const { label, graph } of casesOf(opset, ["float32"])) {
      const model = ModelProto.decode(
        modelBytes(encodeModel(graph, { opset, producerVersion: "0" }), { seed: 0 }),
      );
      asOthersWrite(model);
      const half = rewrittenInHalf(ModelProto.encode(model).finish());
      if (!usesType(half.graph, "float16")) continue;
      inHalf++;
      const inputs = randomInputs(graph, 2);
      const moved = distance(evaluate(graph, inputs), await runModel(half.bytes, graph, inputs));
      assert.ok(moved < TOLERANCE, `${label}: ${moved}`);
    }
    assert.ok(inHalf > 40, `${inHalf} cases are in half precision`);
  });
}

test.run();
