import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { openWeights } from "../../src/given/weights.js";
import { exactNumbers } from "../../src/weights/formats/tensor-source.js";
import { throwsError } from "../throws.js";

const test = suite("weights: averaged ones in PyTorch checkpoints");

const TRAINED = [1, 2];
const AVERAGED = [3, 4];

function read(file: string, key?: string): { readonly numbers: readonly number[]; readonly notes: string } {
  const source = openWeights(`test/data/weights/${file}`, key);
  try {
    const tensor = source.tensors.get("w");
    assert.ok(tensor);
    const numbers = new Float64Array(2);
    exactNumbers(tensor, file).copyTo(numbers, 0);
    return { numbers: [...numbers], notes: (source.notes ?? []).join() };
  } finally {
    source.close();
  }
}

for (const [file, averaged, trained] of [
  ["averaged.pt", "state_dict_ema", "state_dict"],
  ["averaged-inside.pt", "model_ema", "model"],
  ["averaged-wrapped.pt", "ema", "model"],
] as const) {
  test(`${file}: the average comes first, with a note`, () => {
    const { numbers, notes } = read(file);
    assert.equal(numbers, AVERAGED);
    assert.match(
      notes,
      new RegExp(
        `the averaged weights under "${averaged}" are taken, not those under "${trained}"; --weights-key chooses`,
      ),
    );
  });

  test(`${file}: a key chooses, and nothing is left to say`, () => {
    assert.equal(read(file, trained), { numbers: TRAINED, notes: "" });
    assert.equal(read(file, averaged), { numbers: AVERAGED, notes: "" });
  });
}

test("a key that isn't there is an error with those that are", () => {
  throwsError(
    () => openWeights("test/data/weights/averaged.pt", "ema"),
    InputError,
    /averaged\.pt has no tensors under "ema"/,
    { code: "weights/key", hint: /tensors are under "state_dict", "state_dict_ema"/ },
  );
});

test("files without keys refuse one", () => {
  for (const file of ["test/data/weights/state.pt", "test/data/weights/arrays.npz"]) {
    throwsError(() => openWeights(file, "state_dict"), InputError, /has no tensors under "state_dict"/, {
      hint: /leave --weights-key out/,
    });
  }
});

test("a checkpoint with one state dict says nothing", () => {
  const source = openWeights("test/data/weights/checkpoint.pth");
  assert.equal(source.notes, []);
  source.close();
});

test.run();
