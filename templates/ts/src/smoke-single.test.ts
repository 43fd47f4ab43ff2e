import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type FloatTensor, Model, signature } from "./index.js";

/** Shows that the package works where it is: the model loads, takes an image, and gives the same again. */
type Inputs = Parameters<Model["run"]>[0];

let model: Model;
before(async () => {
  model = await Model.load();
});
after(() => model.dispose());

function inputs(): Inputs {
  const entries = Object.entries(signature.inputs).map(([name, { dims }]) => {
    const length = dims.reduce<number>((product, size) => product * size, 1);
    return [name, { data: Float32Array.from({ length }, (_, i) => Math.sin(i + 1)), dims: [...dims] }];
  });
  return Object.fromEntries(entries) as unknown as Inputs;
}

test("an image goes through, and gives the same numbers again", async () => {
  const outputs: Readonly<Record<string, FloatTensor>> = { ...(await model.run(inputs())) };
  assert.deepEqual(Object.keys(outputs), Object.keys(signature.outputs));
  for (const { data, dims } of Object.values(outputs)) {
    assert.equal(
      data.length,
      dims.reduce((product, size) => product * size, 1),
    );
    assert.ok(data.every(Number.isFinite));
  }
  assert.deepEqual(await model.run(inputs()), outputs);
});

test("a wrong shape is refused", async () => {
  const wrong = Object.fromEntries(
    Object.entries(inputs()).map(([name, { data }]) => [name, { data, dims: [2, data.length] }]),
  );
  await assert.rejects(model.run(wrong as unknown as Inputs), TypeError);
});
