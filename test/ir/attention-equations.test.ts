import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { moduleOf } from "../../src/ir/attention/modules.js";
import { evaluateOp } from "../../src/ir/op.js";
import type { Tensor } from "../../src/ir/tensor.js";

/**
 * The equations against timm's gates. test/data/timm-gates.json holds a gate of a small ResNet of timm's for each of
 * these types: what goes in, its weights under timm's names, and what comes out in float64. The networks' outputs
 * with these gates are timm's to 1e-14.
 */
interface Stored {
  readonly dims: readonly number[];
  readonly base64: string;
}

interface Gate {
  readonly x: Stored;
  readonly y: Stored;
  readonly tensors: Readonly<Record<string, Stored>>;
}

type TimmType = "cbam" | "ese" | "gc" | "ge" | "nl";

const gates = JSON.parse(readFileSync("test/data/timm-gates.json", "utf8")) as Readonly<
  Record<TimmType, Gate>
>;

/** The names of timm's tensors in the order of our operands, and the attributes that timm's gate has. */
const TIMM: {
  readonly [T in TimmType]: { readonly tensors: readonly string[]; readonly attributes: object };
} = {
  cbam: {
    tensors: [
      "channel.fc1.weight",
      "channel.fc2.weight",
      "spatial.conv.conv.weight",
      ...norm("spatial.conv.bn"),
    ],
    attributes: {},
  },
  ese: { tensors: ["fc.weight", "fc.bias"], attributes: { gate: "hard_sigmoid" } },
  gc: {
    tensors: [
      "mlp_scale.fc1.weight",
      "mlp_scale.fc1.bias",
      "mlp_scale.norm.weight",
      "mlp_scale.norm.bias",
      "mlp_scale.fc2.weight",
      "mlp_scale.fc2.bias",
      "conv_attn.weight",
      "conv_attn.bias",
    ],
    attributes: { fusion: "scale" },
  },
  ge: { tensors: ["mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias"], attributes: {} },
  nl: {
    tensors: [...["t", "p", "g", "z"].flatMap((name) => [`${name}.weight`, `${name}.bias`]), ...norm("norm")],
    attributes: { scale: 96 ** -0.5 },
  },
};

function norm(name: string): string[] {
  return ["weight", "bias", "running_mean", "running_var"].map((each) => `${name}.${each}`);
}

function tensorOf(stored: Stored | undefined, elements: typeof Float32Array | typeof Float64Array): Tensor {
  assert.ok(stored);
  const { buffer } = Uint8Array.from(Buffer.from(stored.base64, "base64"));
  return { dims: stored.dims, data: Float64Array.from(new elements(buffer)) };
}

const test = suite("ir: the modules' equations against timm's gates");

for (const [name, { tensors, attributes }] of Object.entries(TIMM)) {
  const type = name as TimmType;
  test(`${type} computes what timm's does`, () => {
    const gate = gates[type];
    assert.equal([...tensors].sort(), Object.keys(gate.tensors).sort());
    const operands = [gate.x, ...tensors.map((each) => gate.tensors[each])].map((each) =>
      tensorOf(each, Float32Array),
    );
    const { op } = moduleOf(type);
    const y = evaluateOp(op, operands, op.attributes.parse(attributes));
    const expected = tensorOf(gate.y, Float64Array);
    assert.equal(y.dims, expected.dims);
    const most = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expected.data.forEach((value, i) => {
      assert.ok(Math.abs(value - (y.data[i] ?? Number.NaN)) < 1e-12 * most, `${type} at ${i}`);
    });
  });
}

test.run();

/** Numbers small enough to work the papers' equations out by hand, for modules that timm doesn't have. */
const byHand = suite("ir: the modules' equations by hand");

const tensor = (dims: readonly number[], data: readonly number[]): Tensor => ({
  dims,
  data: Float64Array.from(data),
});
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function evaluated(type: "gsop" | "aa" | "sam", operands: readonly Tensor[], attributes: object): number[] {
  const { op } = moduleOf(type);
  return [...evaluateOp(op, operands, op.attributes.parse(attributes)).data];
}

function close(actual: readonly number[], expected: readonly number[]): void {
  assert.is(actual.length, expected.length);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-12, `${i}: ${value}, not ${expected[i]}`);
  });
}

byHand("gsop: the covariance of two channels reaches the gate by its rows", () => {
  // The normalisations change nothing: a variance of 1 - ε.
  const identity = (channels: number): Tensor[] =>
    [1, 0, 0, 1 - 1e-5].map((value) => tensor([channels], Array<number>(channels).fill(value)));
  const x = tensor([1, 2, 1, 2], [1, 3, 2, 8]);
  // Means 2 and 5: variances 1 and 9, covariance 3. Row 0 asks for its second number, row 1 for half its first.
  const rows = [0, 1, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0];
  const expand = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0];
  const operands = [
    x,
    tensor([2, 2, 1, 1], [1, 0, 0, 1]),
    tensor([2], [0, 0]),
    ...identity(2),
    ...identity(2),
    tensor([8, 1, 2, 1], rows),
    tensor([8], Array<number>(8).fill(0)),
    tensor([2, 8, 1, 1], expand),
    tensor([2], [0, 0.25]),
  ];
  const [first, second] = [sigmoid(3), sigmoid(-1.5 + 0.25)];
  close(evaluated("gsop", operands, {}), [first, 3 * first, 2 * second, 8 * second]);
});

byHand("aa: without keys and positions every place takes the mean, beside the convolution", () => {
  const x = tensor([1, 2, 1, 2], [1, 3, 10, 20]);
  // One head: query and key 0, value the second channel; the output layer doubles it and adds 1.
  const operands = [
    x,
    tensor([3, 2, 1, 1], [0, 0, 0, 0, 0, 1]),
    tensor([3], [0, 0, 0]),
    tensor([1, 1, 1, 1], [2]),
    tensor([1], [1]),
    tensor([1, 2, 1, 1], [1, 1]),
    tensor([1], [0.5]),
  ];
  close(evaluated("aa", operands, { heads: 1, relative: false }), [11.5, 23.5, 31, 31]);
});

byHand("aa: the embedding of an offset belongs to the place that far to the right", () => {
  const x = tensor([1, 1, 1, 2], [4, 6]);
  // The query is 1 everywhere, the key 0: what differs is the embedding of the offsets -1, 0 and 1.
  const operands = [
    x,
    tensor([3, 1, 1, 1], [0, 0, 1]),
    tensor([3], [1, 0, 0]),
    tensor([1, 1, 1, 1], [1]),
    tensor([1], [0]),
    tensor([1, 1], [7]),
    tensor([3, 1], [Math.log(2), 0, Math.log(3)]),
  ];
  // From the left place: weights 1 and 3; from the right one: 2 and 1.
  close(evaluated("aa", operands, { heads: 1 }), [(4 + 3 * 6) / 4, (2 * 4 + 6) / 3]);
});

byHand("sam: mean and maximum over the channels make one gate for each place", () => {
  const x = tensor([1, 2, 1, 2], [1, -2, 3, 4]);
  const weight = tensor([1, 2, 1, 1], [0.5, -1]);
  const gates = [sigmoid(0.5 * 2 - 3), sigmoid(0.5 * 1 - 4)] as const;
  close(evaluated("sam", [x, weight], {}), [gates[0], -2 * gates[1], 3 * gates[0], 4 * gates[1]]);
});

byHand.run();
