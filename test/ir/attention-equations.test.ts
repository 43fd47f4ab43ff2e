import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attentionModules } from "../../src/ir/attention/registry.js";
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
    const { op } = attentionModules[type];
    const evaluate = op.evaluate as (operands: readonly Tensor[], attributes: unknown) => readonly Tensor[];
    const [y] = evaluate(operands, op.attributes.parse(attributes));
    const expected = tensorOf(gate.y, Float64Array);
    assert.equal(y?.dims, expected.dims);
    const most = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expected.data.forEach((value, i) => {
      assert.ok(Math.abs(value - (y?.data[i] ?? Number.NaN)) < 1e-12 * most, `${type} at ${i}`);
    });
  });
}

test.run();
