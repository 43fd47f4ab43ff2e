import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { classes, Model } from "./index.js";

let model: Model;
before(async () => {
  model = await Model.load();
});
after(() => model.dispose());

/** Red grows to the right, green to the bottom. */
function picture(width: number, height: number, channels: 3 | 4) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    if (channel === 0) return Math.floor((255 * (pixel % width)) / width);
    return channel === 1 ? Math.floor((255 * Math.floor(pixel / width)) / height) : 128;
  });
  return { data, width, height };
}

test("a picture gets its classes, the most probable first", async () => {
  const ranked = await model.classify(picture(50, 40, 3));
  assert.equal(ranked.length, Math.min(5, classes));
  const probabilities = ranked.map(({ probability }) => probability);
  assert.deepEqual(
    probabilities,
    [...probabilities].sort((a, b) => b - a),
  );
  assert.ok(probabilities.every((each) => each >= 0 && each <= 1));
  assert.deepEqual(await model.classify(picture(50, 40, 4)), ranked, "alpha is left out");
});

test("pictures of several sizes make a batch", async () => {
  const ranked = await model.classifyBatch([picture(50, 40, 3), picture(33, 70, 4)], { top: 2 });
  assert.deepEqual(
    ranked.map((each) => each.length),
    Array(2).fill(Math.min(2, classes)),
  );
  assert.deepEqual(await model.classifyBatch([]), []);
});

test("what is no picture is refused", async () => {
  await assert.rejects(model.classify({ data: new Uint8Array(5), width: 2, height: 2 }), TypeError);
});
