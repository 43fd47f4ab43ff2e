import { suite } from "uvu";
import * as assert from "uvu/assert";
import { noisy, turned } from "../../bench/trained/drawing.js";
import { accuracy, characterAccuracy, greedyText, overlap } from "../../bench/trained/metrics.js";
import { directionLines, pages, readingLines } from "../../bench/trained/pictures.js";
import { cover, coveredParts, noCoverage } from "../../bench/trained/raster.js";
import { randomStream } from "../../src/base/random.js";

const test = suite("bench: pictures of text for trained networks");

test("a seed gives the same pictures each time, whatever others are drawn, and another seed others", () => {
  const [first, second] = directionLines(1, 2);
  assert.equal(directionLines(1, 4).slice(0, 2), [first, second]);
  assert.not.equal(first?.picture.data, directionLines(2, 1)[0]?.picture.data);
  assert.equal(pages(3, 1), pages(3, 2).slice(0, 1));
});

test("half of the lines stand on their heads, and are said to", () => {
  const lines = directionLines(1, 6);
  assert.equal(
    lines.map(({ isTurned }) => isTurned),
    [false, true, false, true, false, true],
  );
  for (const { picture } of [...lines, ...readingLines(1, 6)]) {
    assert.is(picture.height, 48);
    assert.ok(picture.width > 10 && picture.width <= 320);
    assert.is(picture.data.length, 3 * picture.width * picture.height);
    assert.ok(new Set(picture.data).size > 10, "there is something to see");
  }
});

test("pages have sides that a detector takes", () => {
  for (const { width, height } of pages(1, 4)) {
    assert.is(width % 32, 0);
    assert.is(height % 32, 0);
    assert.ok(Math.max(width, height) <= 320);
  }
});

test("pixels are covered by as much as lies within an outline", () => {
  const area = noCoverage(3, 2);
  // A rectangle from (0.5, 0.5) to (2.25, 1), and a hole that fills pixel (1, 0.5) to (2, 1) by half.
  const outline = (points: readonly (readonly [number, number])[]) =>
    points.map((point, i) => ({ type: i === 0 ? ("M" as const) : ("L" as const), points: [point] }));
  const closed = { type: "Z" as const, points: [] };
  const rectangle = [
    [0.5, 0.5],
    [2.25, 0.5],
    [2.25, 1],
    [0.5, 1],
  ] as const;
  const hole = [
    [1, 0.5],
    [1, 1],
    [2, 1],
  ] as const;
  cover(area, [...outline(rectangle), closed, ...outline(hole), closed], (point) => point);
  const expected = [0.25, 0.25, 0.125, 0, 0, 0];
  for (const [i, part] of coveredParts(area).entries()) {
    assert.ok(Math.abs(part - (expected[i] ?? Number.NaN)) < 1e-12, `pixel ${i}: ${part}`);
  }
});

test("turned by 180° each pixel keeps its channels, and noise has its deviation", () => {
  const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.equal([...turned({ width: 2, height: 1, channels: 3, data }).data], [4, 5, 6, 1, 2, 3]);
  const grey = { width: 100, height: 100, channels: 3, data: new Uint8Array(30_000).fill(128) } as const;
  const values = noisy(randomStream(0, "noise"), grey, 10).data;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - 128) ** 2, 0) / values.length);
  assert.ok(Math.abs(deviation - 10) < 0.3, `${deviation}`);
});

test("accuracy is the part of the rows whose largest number is their class's", () => {
  const rows = [
    [0.9, 0.1],
    [0.2, 0.8],
    [0.6, 0.4],
    [0.3, 0.7],
  ];
  assert.is(accuracy(rows, [0, 1, 1, 1]), 0.75);
});

test("overlap is of the pixels of all maps", () => {
  const pairs = [
    [
      [0.5, 0.2, 0.4],
      [0.31, 0.9, 0.1],
    ],
    [
      [0.9, 0.3],
      [0.9, 0.3],
    ],
  ] as const;
  // In both: two pixels. In either: three of the first map and one of the second; 0.3 is not above 0.3.
  assert.is(overlap(pairs, 0.3), 2 / 4);
});

test("greedy texts leave out repetitions and steps without a character", () => {
  const step = (index: number): readonly number[] => [0, 1, 2].map((i) => (i === index ? 1 : 0));
  const text = greedyText([1, 1, 0, 1, 2, 2, 0].flatMap(step), ["a", "b"]);
  assert.is(text, "aab");
  // Two of nine characters are wrong: one is another, one is missing; spaces don't count.
  assert.is(characterAccuracy(["heLlo", "wld"], ["he llo", "wold"]), 1 - 2 / 9);
});

test.run();
