import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomStream } from "../../../src/base/random.js";
import type { ActivationName } from "../../../src/ir/activations.js";
import { type FitTask, type GateNumbers, oldTotals, squaredError } from "../../../src/new-gates/fits/fit.js";
import { seFit } from "../../../src/new-gates/fits/se.js";
import type { GateResponses } from "../../../src/new-gates/gate-responses.js";

const test = suite("new gates: the fit of SE");

const [IMAGES, CHANNELS] = [48, 12];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Squeezes of images that differ in three directions, and what `respond` makes of those of an image. */
function seen(respond: (squeezes: readonly number[], channel: number) => number): GateResponses {
  const stream = randomStream(0, "squeezes");
  const directions = Array.from({ length: 3 }, () => Array.from({ length: CHANNELS }, () => stream.normal()));
  const squeeze = new Float64Array(IMAGES * CHANNELS);
  const response = new Float64Array(IMAGES * CHANNELS);
  const power = new Float64Array(IMAGES * CHANNELS);
  for (let n = 0; n < IMAGES; n++) {
    const amounts = directions.map(() => stream.normal());
    const row = Array.from(
      { length: CHANNELS },
      (_, c) =>
        1 + directions.reduce((sum, each, i) => sum + (each[c] as number) * (amounts[i] as number), 0),
    );
    row.forEach((value, c) => {
      const at = n * CHANNELS + c;
      squeeze[at] = value;
      response[at] = respond(row, c);
      power[at] = value ** 2 + 0.5;
    });
  }
  return { images: IMAGES, channels: CHANNELS, squeeze, power, response, weight: power };
}

const taskOf = (responses: GateResponses, offset: 0 | 1 = 0): FitTask => ({
  responses,
  offset,
  side: undefined,
});

const fitOf = (squeezed: number, gate: ActivationName = "sigmoid") =>
  seFit({ channels: CHANNELS, squeezed, hidden: "relu", gate });

/** The part of the old gate's variation between images that numbers follow. */
function explained(task: FitTask, squeezed: number, numbers: GateNumbers, gate?: ActivationName): number {
  const old = oldTotals(task);
  const means = Float64Array.from({ length: CHANNELS }, (_, c) => {
    let [sum, total] = [0, 0];
    for (let at = c; at < old.length; at += CHANNELS) {
      sum += (task.responses.weight[at] as number) * (old[at] as number);
      total += task.responses.weight[at] as number;
    }
    return sum / total;
  });
  const constant = squaredError(
    task,
    old.map((_, i) => means[i % CHANNELS] as number),
  );
  return 1 - squaredError(task, fitOf(squeezed, gate).totals(numbers, task)) / constant;
}

/** Pre-activations of two directions, as of a gate of rank 2. */
const ofRankTwo = (row: readonly number[], c: number): number =>
  Math.sin(c) * ((row[0] as number) - (row[3] as number)) + Math.cos(c) * (row[5] as number) * 0.7 - 0.3;

test("a gate that is linear in two directions of the squeezes is followed by two units, and not by one", () => {
  const task = taskOf(seen((row, c) => sigmoid(ofRankTwo(row, c))));
  const [one, two] = [1, 2].map((squeezed) => explained(task, squeezed, fitOf(squeezed).fit(task)));
  assert.ok((two as number) > 0.999, `${two}`);
  assert.ok((one as number) < 0.99, `${one}`);
});

test("more units follow more of a gate that is not linear", () => {
  const task = taskOf(
    seen((row, c) => sigmoid(2 * Math.abs((row[c % 4] as number) - 1) - Math.max(0, row[7] as number))),
  );
  const parts = [1, 2, 4, 8].map((squeezed) => explained(task, squeezed, fitOf(squeezed).fit(task)));
  parts.forEach((part, i) => {
    assert.ok(part > (parts[i - 1] ?? 0.1), `${parts}`);
  });
  assert.ok((parts[3] as number) > 0.85, `${parts}`);
});

test("a hard sigmoid that is 0 or 1 on many images is followed", () => {
  const hard = (x: number): number => Math.min(1, Math.max(0, x / 6 + 0.5));
  const task = taskOf(seen((row, c) => hard(4 * ofRankTwo(row, c))));
  assert.ok(explained(task, 2, fitOf(2, "hard_sigmoid").fit(task), "hard_sigmoid") > 0.97);
});

test("of a residual gate the numbers are the same, for its factor is 1 more", () => {
  const responses = seen((row, c) => sigmoid(ofRankTwo(row, c)));
  const [plain, residual] = [taskOf(responses), taskOf(responses, 1)];
  const numbers = fitOf(2).fit(plain);
  assert.equal(fitOf(2).fit(residual), numbers);
  const [a, b] = [fitOf(2).totals(numbers, plain), fitOf(2).totals(numbers, residual)];
  assert.ok(a.every((value, i) => Math.abs((b[i] as number) - value - 1) < 1e-12));
});

test("images that hardly differ say nothing of what differs more: squeezes that drift don't throw the gate over", () => {
  const stream = randomStream(1, "alike");
  const alike = seen(() => 0);
  const squeeze = alike.squeeze.map((_, i) => 1 + (i % CHANNELS) / 4 + 1e-4 * stream.normal());
  const response = squeeze.map((value, i) => sigmoid(2000 * (value - 1 - (i % CHANNELS) / 4)));
  const task = taskOf({ ...alike, squeeze, response });
  for (const squeezed of [1, 4]) {
    const numbers = fitOf(squeezed).fit(task);
    const elsewhere = taskOf({ ...alike, squeeze: squeeze.map((value) => 1.1 * value), response });
    const moved = fitOf(squeezed)
      .totals(numbers, elsewhere)
      .map((each, i) => each - (fitOf(squeezed).totals(numbers, task)[i] as number));
    assert.ok(
      moved.every((each) => Math.abs(each) < 0.25),
      `${Math.max(...moved.map(Math.abs))}`,
    );
  }
});

test("no unit is dead: each is above 0 for some images, and its weights matter", () => {
  const task = taskOf(seen((row, c) => sigmoid(ofRankTwo(row, c))));
  const [reduce = [], expand = [], bias = []] = fitOf(4)
    .fit(task)
    .parameters.map((each) => Array.from(each));
  for (let j = 0; j < 2; j++) {
    const isActive = Array.from({ length: IMAGES }, (_, n) => {
      const row = task.responses.squeeze.subarray(n * CHANNELS, (n + 1) * CHANNELS);
      return (
        row.reduce((sum, each, c) => sum + each * (reduce[j * CHANNELS + c] as number), bias[j] as number) > 0
      );
    });
    assert.ok(isActive.some(Boolean), `unit ${j}`);
    assert.ok(
      Array.from({ length: CHANNELS }, (_, c) => Math.abs(expand[c * 4 + j] as number)).some(
        (each) => each > 1e-3,
      ),
    );
  }
});

test("gates that say nothing, or are dead, give finite numbers, no further off than neutral", () => {
  const zeros = new Float64Array(IMAGES * CHANNELS);
  const odd: Readonly<Record<string, GateResponses>> = {
    constant: seen(() => 0.4),
    saturated: seen((row, c) => ((row[c] as number) > 1 ? 1 : 0)),
    "negative and beyond 1": seen((row, c) => 2 * (row[c] as number)),
    dead: { ...seen(() => 0), squeeze: zeros, power: zeros, weight: zeros },
  };
  for (const [what, responses] of Object.entries(odd)) {
    const task = taskOf(responses);
    const [neutral, fit] = [fitOf(2).neutral(task), fitOf(2).fit(task)];
    for (const each of [...neutral.parameters, ...fit.parameters]) {
      assert.ok(each.every(Number.isFinite), `${what} gives finite numbers`);
    }
    const errorOf = (numbers: GateNumbers): number => squaredError(task, fitOf(2).totals(numbers, task));
    assert.ok(errorOf(fit) <= errorOf(neutral), what);
  }
});

test("neutral is the mean of each channel", () => {
  const task = taskOf(seen((row, c) => sigmoid(ofRankTwo(row, c))));
  const totals = fitOf(3).totals(fitOf(3).neutral(task), task);
  for (let c = 0; c < CHANNELS; c++) {
    let mean = 0;
    for (let n = 0; n < IMAGES; n++) mean += (task.responses.response[n * CHANNELS + c] as number) / IMAGES;
    for (let n = 0; n < IMAGES; n++) assert.ok(Math.abs((totals[n * CHANNELS + c] as number) - mean) < 1e-9);
  }
});

test.run();
