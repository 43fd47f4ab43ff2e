import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel, type OpenedModel, openModel } from "../../src/files/models/open.js";
import type { Graph } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { elementCount } from "../../src/ir/types.js";
import { listBytes } from "../../src/onnx/file/list-data.js";
import { ModelProto, toInteger } from "../../src/onnx/file/proto.js";
import { elementDType } from "../../src/onnx/file/tensors.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { evaluatorOf } from "../../src/reference/operators/registry.js";
import { inputShapes, randomInputs } from "../../src/trials/numbers.js";
import { elementReader, fileByteCount } from "../../src/weights/formats/file-dtypes.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { skip } from "../skip.js";
import { type BackendTest, backendTests, HAS_BACKEND_TESTS, tensorOf } from "./backend-data.js";

const test = suite("onnx: ONNX's backend tests, by the interpreter");

/** The models that are nothing but ops of the IR: with fewer, a codec no longer reads what it did. */
const EVALUATED = 303;
/** Those with nodes that no op says, all of which have a definition. */
const FOREIGN = 694;
/**
 * What these expect was computed with other numbers for π, of elements that no number holds, of a step that float32 rounds the other way, or of
 * a size that is no whole number (ONNX Runtime takes the result's own).
 */
const DIFFERENT = [
  ...["window_", "BFLOAT16", "dynamicquantizelinear"],
  ...["resize_downsample_scales_cubic_align_corners", "resize_downsample_scales_linear_align_corners"],
];
/** ONNX's own tests allow 1e-3 of each number; their outputs are computed in float32. */
const TOLERANCE = 1e-5;
/** What some expect is written with four digits. */
const FOUR_DIGITS = "roialign";
const FOUR_DIGITS_TOLERANCE = 1e-4;

function read({ model }: BackendTest): OpenedModel | undefined {
  try {
    return openModel(model);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The numbers of a tensor file; undefined for what is no tensor of numbers. */
function numbersOf(bytes: Uint8Array): Tensor | undefined {
  const tensor = tensorOf(bytes);
  const dtype = tensor && elementDType(tensor);
  if (tensor === undefined || dtype === undefined) return undefined;
  const raw = tensor.rawData?.length ? tensor.rawData : listBytes(tensor, dtype);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const dims = (tensor.dims ?? []).map(toInteger);
  const at = elementReader(dtype);
  // A sequence may be read as a tensor too, but not as one whose data fits its sizes.
  if (at === undefined || raw.length !== fileByteCount(dims, dtype)) return undefined;
  return { dims, data: Float64Array.from({ length: elementCount(dims) }, (_, i) => at(view, i)) };
}

function evaluate(graph: Graph, inputs: readonly Tensor[]): readonly Tensor[] {
  const given = new Map(graph.inputs.map(({ name }, i) => [name, inputs[i] as Tensor]));
  const outputs = evaluateGraph(graph, given, ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
  return graph.outputs.map(({ name }) => outputs.get(name) as Tensor);
}

/**
 * The graph of a model whose inputs but the first are constants: these tests give as inputs what in networks stands in the
 * file, such as sizes and axes. Undefined where something is opaque even so.
 */
function withArguments({ model, inputs }: BackendTest): Graph | undefined {
  const message = ModelProto.decode(readFileSync(model));
  const { graph } = message;
  const [first, ...rest] = graph?.input ?? [];
  const tensors = rest.map(({ name }, i) => ({
    ...tensorOf(inputs[i + 1] ?? new Uint8Array()),
    name: name ?? "",
  }));
  if (!graph || first === undefined || rest.length === 0) return undefined;
  graph.input = [first];
  graph.initializer = [...(graph.initializer ?? []), ...tensors];
  try {
    return decodeModel(ModelProto.encode(message).finish(), model).graph;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Whether there is a tensor of numbers for each input, of the sizes that it has. */
function fits({ inputs }: Graph, tensors: readonly (Tensor | undefined)[]): boolean {
  return inputs.every(({ type: { dims } }, i) => {
    const given = tensors[i]?.dims;
    return (
      given?.length === dims.length &&
      dims.every((dim, axis) => typeof dim === "string" || dim === given[axis])
    );
  });
}

/** How a tensor differs from the expected one; undefined where it doesn't. */
function difference(name: string, expected: Tensor, actual: Tensor): string | undefined {
  const tolerance = name.includes(FOUR_DIGITS) ? FOUR_DIGITS_TOLERANCE : TOLERANCE;
  if (expected.dims.join() !== actual.dims.join()) {
    return `it is [${actual.dims.join(", ")}], not [${expected.dims.join(", ")}]`;
  }
  const scale = expected.data.reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
    1,
  );
  const wrong = expected.data.findIndex((x, i) => {
    const y = actual.data[i] as number;
    return !(Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * scale);
  });
  return wrong === -1 ? undefined : `element ${wrong} is ${actual.data[wrong]}, not ${expected.data[wrong]}`;
}

/** Why a node is opaque that only reads what another such node computes. */
const HANGS = "its input ";

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What a node is that no op can say, without the names and numbers of one. */
function formOf(operator: string, reason: string): string {
  return `${operator}: ${reason.replaceAll(/\d+/g, "…")}`;
}

function listed(counts: ReadonlyMap<string, number>): readonly string[] {
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.map(([name, times]) => `${times} ${name}`);
}

if (HAS_BACKEND_TESTS) {
  test("every model of ops of the IR alone computes what ONNX expects", () => {
    const wrong: string[] = [];
    const unknownOperators = new Map<string, number>();
    const unreadForms = new Map<string, number>();
    let evaluated = 0;
    for (const each of backendTests()) {
      const imported = read(each);
      if (imported === undefined) continue;
      try {
        const { graph, foreign } = imported;
        for (const { operator, reason, unknown } of foreign) {
          if (unknown) count(unknownOperators, operator);
          else if (!reason.startsWith(HANGS)) count(unreadForms, formOf(operator, reason));
        }
        const closed = foreign.length > 0 ? withArguments(each) : graph;
        if (closed === undefined) continue;
        const [inputs, outputs] = [each.inputs, each.outputs].map((files) => files.map(numbersOf));
        evaluated++;
        evaluate(closed, inputs as readonly Tensor[]).forEach((actual, i) => {
          const expected = outputs?.[i];
          const how =
            expected === undefined ? "it has no expected output" : difference(each.name, expected, actual);
          if (how !== undefined) wrong.push(`${each.name}: ${how}`);
        });
      } finally {
        imported.close();
      }
    }
    console.log(
      `\n${evaluated} models evaluated. Operators that no op is: ${listed(unknownOperators).join(", ")}`,
    );
    console.log(`Nodes that no op can say:\n  ${listed(unreadForms).join("\n  ")}`);
    assert.equal(wrong, []);
    assert.is(evaluated, EVALUATED);
  });

  // As `verify` does, where what is a size or an index may be any number.
  test("with random inputs every model is evaluated or refused", () => {
    const broken: string[] = [];
    let evaluated = 0;
    for (const each of backendTests()) {
      const imported = read(each);
      if (imported === undefined) continue;
      const { graph } = imported;
      try {
        for (const seed of [0, 1, 2]) {
          const inputs = randomInputs(inputShapes(graph), 2, seed);
          evaluate(
            graph,
            graph.inputs.map(({ name }) => inputs.get(name) as Tensor),
          );
          evaluated++;
        }
      } catch (error) {
        if (!(error instanceof InputError)) broken.push(`${each.name}: ${error}`);
      } finally {
        imported.close();
      }
    }
    assert.equal(broken, []);
    assert.ok(evaluated > 2000, `${evaluated}`);
  });

  test("operators that no op is compute what ONNX expects", () => {
    const wrong: string[] = [];
    const refused = new Map<string, number>();
    let evaluated = 0;
    for (const each of backendTests()) {
      const imported = read(each);
      if (imported === undefined) continue;
      try {
        const { graph, foreign } = imported;
        const defined = graph.ops.every((op) => op.kind !== "opaque" || evaluatorOf(op) !== undefined);
        const [inputs, outputs] = [each.inputs, each.outputs].map((files) => files.map(numbersOf));
        if (DIFFERENT.some((name) => each.name.includes(name))) continue;
        if (foreign.length === 0 || !defined || !fits(graph, inputs ?? [])) continue;
        evaluate(graph, inputs as readonly Tensor[]).forEach((actual, i) => {
          const expected = outputs?.[i];
          const how =
            expected === undefined ? "it has no expected output" : difference(each.name, expected, actual);
          if (how !== undefined) wrong.push(`${each.name}: ${how}`);
        });
        evaluated++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        count(refused, `${each.name}: ${error.message}`);
      } finally {
        imported.close();
      }
    }
    console.log(
      `\n${evaluated} models of operators that no op is; refused:\n  ${listed(refused).join("\n  ")}`,
    );
    assert.equal(wrong, []);
    assert.is(evaluated, FOREIGN);
  });
} else {
  skip("ONNX's backend tests, by the interpreter", "libonnx-testdata is not installed");
}

test.run();
