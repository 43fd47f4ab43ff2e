import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../../src/base/diagnostic.js";
import { GraphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { definitionOf } from "../../../src/ir/ops/registry.js";
import { TypeRefusal, tensorType } from "../../../src/ir/types.js";
import { storedWeight } from "../../../src/ir/weight.js";
import { OPSETS } from "../../../src/onnx/file/opset.js";
import { diffModels } from "../../../src/reports/diff/diff-models.js";
import { evaluate, randomInputs } from "../../onnx/agreement.js";
import { graphOfCase, type OpCase, type OperandCase, opCases } from "../../onnx/cases.js";
import { fileOfGraph, type Side } from "./file-networks.js";
import { defaultOf, fieldsOf, secondValues, valueAt, withValue } from "./second-values.js";

type Operator = keyof typeof opCases;

const OPERATORS = Object.keys(opCases) as readonly Operator[];

const test = suite("driver: diff shows every attribute of an operator in a file");

const map = { input: ["N", 6, 7, 5] } as const;
const square = { input: [4, 4] } as const;
const weights = (...dims: number[]): OperandCase => ({ parameter: dims });

/** Cases with which attributes have a second value, where those of the operator have none. */
const MORE: { readonly [N in Operator]?: readonly OpCase<N>[] } = {
  squeeze: [{ operands: [{ input: ["N", 1, 1, 6] }], attributes: { axes: [1] } }],
  transpose: [{ operands: [map], attributes: { permutation: [0, 2, 3, 1] } }],
  general_gemm: [{ operands: [square, square], attributes: {} }],
};

/** Attributes that change together with something else: two cases of an operator. */
const PAIRS: readonly (readonly [operator: Operator, attribute: string, a: OpCase, b: OpCase])[] = [
  [
    ...(["conv", "group"] as const),
    { operands: [map, weights(6, 6, 3, 3)], attributes: {} },
    { operands: [map, weights(6, 2, 3, 3)], attributes: { group: 3 } },
  ],
  [
    ...(["conv_1d", "group"] as const),
    { operands: [{ input: ["N", 6, 9] }, weights(4, 6, 3)], attributes: {} },
    { operands: [{ input: ["N", 6, 9] }, weights(4, 3, 3)], attributes: { group: 2 } },
  ],
  [
    ...(["transpose", "permutation"] as const),
    { operands: [map], attributes: { permutation: [0, 2, 3, 1] } },
    { operands: [map], attributes: { permutation: [0, 3, 2, 1] } },
  ],
];

/** A file of one operator, and its graph. */
interface File {
  readonly graph: Graph;
  readonly side: Side;
}

/** Undefined for what is no operator, or none that can be written. */
function fileOf(operator: Operator, each: OpCase): File | undefined {
  try {
    const graph = graphOfCase(operator, each as OpCase<Operator>);
    return { graph, side: fileOfGraph(graph, `${operator}.onnx`, OPSETS.last) };
  } catch (error) {
    if (error instanceof InputError || error instanceof TypeRefusal) return undefined;
    throw error;
  }
}

/** What an operator computes of the same numbers; undefined where it refuses them. */
function outputOf({ graph }: File): string | undefined {
  try {
    const { dims, data } = evaluate(graph, randomInputs(graph, 5));
    return JSON.stringify([dims, [...data]]);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** That a diff has a change where numbers or sizes of the result differ, and says that both compute the same only where they are equal. */
function assertSeen(a: File, b: File, what: string): void {
  const { changes, computeTheSame } = diffModels(a.side, b.side);
  assert.is(computeTheSame, changes.length === 0, `${what}: ${JSON.stringify(changes)}`);
  for (const { before, after } of changes) assert.is.not(before, after, what);
  if (!computeTheSame) return;
  assert.is(outputOf(b), outputOf(a), `${what}: no difference is seen`);
}

for (const operator of OPERATORS) {
  test(operator, () => {
    const cases: readonly OpCase[] = [...opCases[operator], ...(MORE[operator] ?? [])];
    const changed = new Set(PAIRS.flatMap(([of, attribute]) => (of === operator ? [attribute] : [])));
    for (const [, , one, other] of PAIRS.filter(([of]) => of === operator)) {
      const [a, b] = [fileOf(operator, one), fileOf(operator, other)];
      assert.ok(a && b);
      assertSeen(a, b, operator);
      assert.not.ok(diffModels(a.side, b.side).computeTheSame);
    }
    const fields = fieldsOf(definitionOf(operator).attributes);
    for (const each of cases) {
      const before = fileOf(operator, each);
      if (before === undefined) continue;
      for (const { path, schema } of fields) {
        const values = secondValues(schema, valueAt(each.attributes, path) ?? defaultOf(schema));
        for (const value of new Map(values.map((value) => [JSON.stringify(value), value])).values()) {
          const attributes = withValue(each.attributes, path, value) as OpCase["attributes"];
          const after = fileOf(operator, { ...each, attributes });
          if (after === undefined) continue;
          assertSeen(before, after, `${operator} ${path.join(".")} = ${JSON.stringify(value)}`);
          changed.add(path.join("."));
        }
      }
    }
    assert.equal([...changed].sort(), fields.map(({ path }) => path.join(".")).sort());
  });
}

test("constants, and other operators of the same operands", () => {
  const byOperands = new Map<string, { readonly operator: Operator; readonly file: File }>();
  for (const operator of OPERATORS) {
    for (const each of opCases[operator] as readonly OpCase[]) {
      const file = fileOf(operator, each);
      if (file === undefined) continue;
      each.operands.forEach((operand, i) => {
        if (!("integers" in operand)) return;
        const integers = JSON.parse(
          JSON.stringify(operand.integers).replace(/-?\d+/, (n) => `${Number(n) - 1}`),
        );
        const operands = each.operands.map((other, at) => (at === i ? { integers } : other));
        const after = fileOf(operator, { ...each, operands });
        if (after !== undefined) assertSeen(file, after, `${operator}, operand ${i}`);
      });
      const key = JSON.stringify(each.operands);
      const other = byOperands.get(key);
      if (other !== undefined && other.operator !== operator)
        assertSeen(other.file, file, `${other.operator} and ${operator}`);
      byOperands.set(key, { operator, file });
    }
  }
});

test("a layer behind another one that differs does not differ", () => {
  const [a, b] = [[], [1, 8, 1, 1]].map((dims) => {
    const builder = new GraphBuilder("scaled");
    const x = builder.input("x", tensorType(["N", 8, 4, 4]));
    const numbers = new Float32Array(dims[1] ?? 1).fill(0.5);
    const scale = builder.parameterOf("scale", storedWeight(dims, "scale", numbers), "trainable");
    const scaled = builder.op("mul", [x, scale], {}, { scope: "/scale" });
    const graph = builder.finish([builder.op("relu", [scaled], {}, { scope: "/act" })]);
    return fileOfGraph(graph, "scaled.onnx");
  }) as [Side, Side];
  assert.equal(
    diffModels(a, b).changes.map(({ kind, at }) => [kind, at]),
    [
      ["block-changed", "/stem"],
      ["layer-changed", "/stem/scale"],
    ],
  );
});

test.run();
