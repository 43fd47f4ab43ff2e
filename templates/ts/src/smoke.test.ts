import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type FloatTensor, Model, signature } from "./index.js";

/** Shows that the package works where it is: the model loads, takes batches, and treats each image by itself. */
type Inputs = Parameters<Model["run"]>[0];

let model: Model;
before(async () => {
  model = await Model.load();
});
after(() => model.dispose());

/** Inputs of the network's shapes; image i is the same in every batch. */
function inputs(images: number): Inputs {
  const entries = Object.entries(signature.inputs).map(
    ([
      name,
      {
        dims: [, ...sizes],
      },
    ]) => {
      const length = images * sizes.reduce<number>((product, size) => product * size, 1);
      const data = Float32Array.from({ length }, (_, i) => Math.sin(i + 1));
      return [name, { data, dims: [images, ...sizes] }];
    },
  );
  return Object.fromEntries(entries) as Inputs;
}

test("a batch goes through, and gives the same numbers again", async () => {
  const outputs: Readonly<Record<string, FloatTensor>> = { ...(await model.run(inputs(3))) };
  assert.deepEqual(Object.keys(outputs), Object.keys(signature.outputs));
  for (const [
    name,
    {
      dims: [, ...sizes],
    },
  ] of Object.entries(signature.outputs)) {
    assert.deepEqual(outputs[name]?.dims, [3, ...sizes]);
    assert.ok(outputs[name]?.data.every(Number.isFinite));
  }
  assert.deepEqual(await model.run(inputs(3)), outputs);
});

test("each image is treated by itself", async () => {
  const three: Readonly<Record<string, FloatTensor>> = { ...(await model.run(inputs(3))) };
  const one: Readonly<Record<string, FloatTensor>> = { ...(await model.run(inputs(1))) };
  for (const [name, { data }] of Object.entries(one)) {
    const range = data.reduce((most, each) => Math.max(most, Math.abs(each)), 1e-6);
    data.forEach((value, i) => {
      const other = three[name]?.data[i] ?? Number.NaN;
      assert.ok(Math.abs(value - other) <= 1e-3 * range, `${name}[${i}]: ${value} and ${other}`);
    });
  }
});

test("a wrong shape is refused", async () => {
  const wrong = Object.fromEntries(
    Object.entries(inputs(1)).map(([name, { data }]) => [name, { data, dims: [1, data.length] }]),
  );
  await assert.rejects(model.run(wrong as unknown as Inputs), TypeError);
});
