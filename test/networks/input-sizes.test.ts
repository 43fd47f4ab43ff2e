import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { pictureSizes } from "../../src/ir/picture.js";
import { otherSizes, takenSizes } from "../../src/networks/input-sizes.js";

const test = suite("networks: sizes that a file leaves open");

const x = { name: "x", dims: ["N", 3, "H", "W"] };

function problemsOf(inputShapes: readonly string[], inputs = [x]): readonly string[] {
  try {
    takenSizes(inputs, "m.onnx", { inputShapes });
  } catch (error) {
    if (error instanceof InputError)
      return error.diagnostics.map(({ code, message }) => `${code}: ${message}`);
    throw error;
  }
  return [];
}

test("what nobody gives is assumed and said, and the batch stays open", () => {
  const tokens = { name: "tokens", dims: ["N", "T"] };
  const { sizes, notes } = takenSizes([x, tokens], "m.onnx", {});
  assert.equal(sizes, { H: 224, W: 224, T: 64 });
  assert.equal(
    notes.map(({ message }) => message),
    [
      "sizes of the input x are open ([N, 3, H, W]); they are taken for 3x224x224",
      "sizes of the input tokens are open ([N, T]); they are taken for 64",
    ],
  );
  assert.equal(takenSizes([x, tokens], "m.onnx", {}, "maps").sizes, { H: 224, W: 224 });
  assert.equal(takenSizes([{ name: "x", dims: ["N", "H", "W", 3] }], "m.onnx", {}).sizes, { H: 224, W: 224 });
  assert.equal(takenSizes([{ name: "x", dims: ["x_0", "x_1", "x_2", "x_3"] }], "m.onnx", {}).sizes, {
    x_1: 3,
    x_2: 224,
    x_3: 224,
  });
});

test("shapes and a resolution that are given are taken, and nothing is said", () => {
  const given = takenSizes([x], "m.onnx", { inputShapes: ["x=2x3x320x640"] });
  assert.equal([given.sizes, given.notes], [{ N: 2, H: 320, W: 640 }, []]);
  assert.equal(takenSizes([x], "m.onnx", { inputShapes: ["1x3x48x320"] }).sizes, { N: 1, H: 48, W: 320 });
  const resolved = takenSizes([x], "m.onnx", { resolution: 96 });
  assert.equal([resolved.sizes, resolved.notes, resolved.usesResolution], [{ H: 96, W: 96 }, [], true]);
  const fixed = { name: "x", dims: [1, 3, 8, 8] };
  assert.is(takenSizes([fixed], "m.onnx", { resolution: 96 }).usesResolution, false);
});

test("the first size of another input is the batch where its name says so or nothing", () => {
  const sizesOf = (dims: readonly (string | number)[], main: readonly (string | number)[] = x.dims) =>
    takenSizes(
      [
        { name: "x", dims: main },
        { name: "s", dims },
      ],
      "m.onnx",
      { resolution: 8 },
    ).sizes;
  assert.equal(sizesOf(["N", 2]), { H: 8, W: 8 });
  assert.equal(sizesOf(["DynamicDimension.3", 2]), { H: 8, W: 8 });
  assert.equal(sizesOf(["s_0", 2]), { H: 8, W: 8 });
  assert.equal(sizesOf(["boxes", 4]), { H: 8, W: 8, boxes: 64 });
  assert.equal(sizesOf(["s_0"], [1, 3, 8, 8]), { s_0: 64 });
});

test("shapes that don't fit are refused, all at once", () => {
  assert.equal(problemsOf(["y=1x3x8x8", "x=1x4x8x8", "x=1x3x8"]), [
    "flag/input-shape: --input-shape y=1x3x8x8: the model has no input y, only x",
    "flag/input-shape: --input-shape x=1x4x8x8 does not fit the input x, which is [N, 3, H, W]",
    "flag/input-shape: --input-shape gives the input x twice",
  ]);
  assert.equal(problemsOf(["x=1x3xax8"]), [
    "flag/input-shape: --input-shape x=1x3xax8 is no shape; one is written as x=1x3x1x1",
  ]);
  assert.equal(problemsOf(["x=1x3x0x8"]).length, 1);
  assert.match(
    problemsOf(["1x3x8x8"], [x, { ...x, name: "y" }])[0] ?? "",
    /which of the inputs x, y it is for/,
  );
});

test("other sizes are larger, but for channels", () => {
  const open = { name: "x", dims: ["N", "C", "H", "W"] };
  assert.equal(otherSizes([open], { C: 3, H: 64, W: 32 }), { C: 3, H: 160, W: 128 });
});

test("channels come last where the end has 1 or 3 and the start has not", () => {
  const layout = (dims: readonly (string | number)[]) => pictureSizes(dims)?.channelsLast;
  assert.equal(
    [layout(["N", 64, 64, 3]), layout(["N", 3, 64, 64]), layout([1, 1, 28, 1])],
    [true, false, false],
  );
  assert.equal(
    [layout(["N", "H", "W", 3]), layout(["N", 64, 64, 64]), layout([1, 3, 8])],
    [true, false, undefined],
  );
});

test.run();
