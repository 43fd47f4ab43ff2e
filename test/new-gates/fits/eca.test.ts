import { suite } from "uvu";
import * as assert from "uvu/assert";
import { likeness } from "../../../src/base/distance.js";
import { randomStream } from "../../../src/base/random.js";
import type { GateSide } from "../../../src/ir/attention/module.js";
import { type EcaShape, ecaFit } from "../../../src/new-gates/fits/eca.js";
import { type FitTask, type GateNumbers, meanResponses } from "../../../src/new-gates/fits/fit.js";
import type { GateResponses } from "../../../src/new-gates/gate-responses.js";

const test = suite("weights: numbers of new ECA gates");

const SIDES: readonly (GateSide | undefined)[] = ["before", "after", undefined];
const [IMAGES, CHANNELS] = [24, 10];

/** A gate that responds as `respond` says, to squeezes that vary between images and between channels. */
function gate(
  respond: (squeeze: number, channel: number, image: number) => number,
  channels = CHANNELS,
): GateResponses {
  const stream = randomStream(0, "squeezes");
  const numbers = (make: (at: number) => number): Float64Array =>
    Float64Array.from({ length: IMAGES * channels }, (_, at) => make(at));
  const contrast = Array.from({ length: IMAGES }, () => Math.exp(stream.normal()));
  const squeeze = numbers((at) => (contrast[Math.floor(at / channels)] as number) * (0.5 + stream.normal()));
  const power = squeeze.map((mean) => mean ** 2 + stream.normal() ** 2);
  const response = numbers((at) => respond(squeeze[at] as number, at % channels, Math.floor(at / channels)));
  return { images: IMAGES, channels, squeeze, power, response, weight: power };
}

/** What an ECA gate itself does to such squeezes. */
function ecaGate(shape: EcaShape, weight: readonly number[], bias: number): GateResponses {
  const seen = gate(() => 0);
  const parameters = [Float64Array.from(weight), ...(shape.bias ? [Float64Array.of(bias)] : [])];
  return { ...seen, response: ecaFit(shape).totals({ parameters }, taskOf(seen, undefined)) };
}

/** A gate that isn't residual, with factors on a side. */
function taskOf(responses: GateResponses, side: GateSide | undefined): FitTask {
  return { responses, offset: 0, side };
}

/** The numbers with what is left out written out. */
function ecaNumbers({ parameters, factor }: GateNumbers) {
  const [weight = new Float64Array(), bias] = parameters;
  return { weight, bias: bias?.[0] ?? 0, factor: factor ?? new Float64Array() };
}

const errorOf = (
  seen: GateResponses,
  shape: EcaShape,
  numbers: GateNumbers,
  side: GateSide | undefined,
): number =>
  likeness(seen.response, ecaFit(shape).totals(numbers, taskOf(seen, side)), seen.power).relativeError;

const THREE: EcaShape = { kernel: 3, padding: "zeros", bias: false };
const logistic = (value: number): number => 1 / (1 + Math.exp(-value));
/** As of a trained SE: each channel has its own level and slope. */
const squeezeAndExcite = gate((y, c) => logistic((c - 4) / 2 + Math.sin(c) * y));

for (const { shape, weight, bias } of [
  { shape: THREE, weight: [0.4, -0.9, 1.3], bias: 0 },
  { shape: { kernel: 5, padding: "circular", bias: false }, weight: [0.1, 0, 2, -1, 0.3], bias: 0 },
  { shape: { kernel: 1, padding: "zeros", bias: true }, weight: [-0.7], bias: 0.8 },
] as const) {
  for (const side of [undefined, "after"] as const) {
    test(`fit finds the weights of an ECA gate (${JSON.stringify(shape)}, factors ${side ?? "nowhere"})`, () => {
      const seen = ecaGate(shape, weight, bias);
      const found = ecaNumbers(ecaFit(shape).fit(taskOf(seen, side)));
      weight.forEach((value, j) => {
        assert.ok(Math.abs((found.weight[j] as number) - value) < 1e-9);
      });
      assert.ok(Math.abs(found.bias - bias) < 1e-9);
      assert.ok(found.factor.every((value) => Math.abs(value - 1) < 1e-9));
    });
  }
}

test("neutral is a constant for each channel, the mean of what the old gate was", () => {
  for (const side of ["before", "after"] as const) {
    const task = taskOf(squeezeAndExcite, side);
    const numbers = ecaFit(THREE).neutral(task);
    assert.equal([...ecaNumbers(numbers).weight], [0, 0, 0]);
    const actual = ecaFit(THREE).totals(numbers, task);
    const means = meanResponses(squeezeAndExcite);
    actual.forEach((value, at) => {
      assert.ok(Math.abs(value - (means[at % CHANNELS] as number)) < 1e-12);
    });
    for (let c = 0; c < CHANNELS; c++) {
      let mean = 0;
      for (let n = 0; n < IMAGES; n++)
        mean += (squeezeAndExcite.response[n * CHANNELS + c] as number) / IMAGES;
      assert.ok(Math.abs(mean - (means[c] as number)) < 1e-12);
    }
  }
});

test("without a place for factors neutral is 1/2, or with a bias the mean of all channels", () => {
  const task = taskOf(squeezeAndExcite, undefined);
  const plain = ecaNumbers(ecaFit(THREE).neutral(task));
  assert.equal([plain.bias, ...plain.weight, ...new Set(plain.factor)], [0, 0, 0, 0, 1]);
  const biased = { ...THREE, bias: true };
  const numbers = ecaFit(biased).neutral(task);
  const { response } = squeezeAndExcite;
  const mean = response.reduce((sum, value) => sum + value, 0) / response.length;
  for (const value of ecaFit(biased).totals(numbers, task)) {
    assert.ok(Math.abs(value - mean) < 1e-12);
  }
});

for (const side of SIDES) {
  // Levels of channels are factors' work: without them there is only what the squeeze says.
  const seen = side === undefined ? gate((y, c) => logistic((1 + Math.sin(c)) * y)) : squeezeAndExcite;
  test(`fit is nearer to the old gate than neutral (factors ${side ?? "nowhere"})`, () => {
    const fit = errorOf(seen, THREE, ecaFit(THREE).fit(taskOf(seen, side)), side);
    const neutral = errorOf(seen, THREE, ecaFit(THREE).neutral(taskOf(seen, side)), side);
    assert.ok(fit < 0.95 * neutral, `${fit} and ${neutral}`);
  });

  test(`gates that no sigmoid is like give finite numbers, no further off than neutral (factors ${side ?? "nowhere"})`, () => {
    const odd: Readonly<Record<string, GateResponses>> = {
      saturated: gate((y) => (y > 0 ? 1 : 0)),
      closed: gate(() => 0),
      "negative and beyond 1": gate((y) => 3 * y),
      "of one channel": gate((y) => logistic(y), 1),
      dead: {
        ...gate(() => 0),
        power: new Float64Array(IMAGES * CHANNELS),
        weight: new Float64Array(IMAGES * CHANNELS),
        squeeze: new Float64Array(IMAGES * CHANNELS),
      },
    };
    for (const [what, seen] of Object.entries(odd)) {
      const eca = ecaFit(THREE);
      const [neutral, fit] = [eca.neutral(taskOf(seen, side)), eca.fit(taskOf(seen, side))];
      for (const { weight, bias, factor } of [ecaNumbers(neutral), ecaNumbers(fit)]) {
        assert.ok([...weight, bias, ...factor].every(Number.isFinite), `${what} gives finite numbers`);
      }
      const [near, far] = [errorOf(seen, THREE, fit, side), errorOf(seen, THREE, neutral, side)];
      assert.ok(Number.isNaN(far) || near <= far, `${what}: ${near} and ${far}`);
    }
  });
}

test("an image in which a channel is dead says nothing of its mean", () => {
  const seen = gate(() => 0.25);
  seen.power.fill(0, 0, CHANNELS);
  seen.response.fill(0, 0, CHANNELS);
  assert.ok(meanResponses(seen).every((mean) => Math.abs(mean - 0.25) < 1e-15));
});

test.run();
