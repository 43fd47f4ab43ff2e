import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Graph, Op } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { fittedTogether, NoDerivatives, type OpenGradients } from "../../src/new-gates/fit-together.js";
import type { PlannedGate } from "../../src/new-gates/planned-gate.js";

const test = suite("new gates: fitted together");

/** A gate that was removed: its mean factors stand where it stood. */
const GRAPH = parseGraph(`graph "g" {
  input %x : float32[N, 2, 3, 3]
  trainable @factors = constant([1, 2, 1, 1], 0.5)
  %gate : float32[N, 2, 3, 3] = mul(%x, @factors) loc(/gate by remove-attention)
  return %gate
}
`);

function planned(graph: Graph, isNonNegative: boolean): readonly PlannedGate[] {
  const [op] = graph.ops as readonly [Op];
  const fit = { fit: () => ({ parameters: [] }) } as unknown as PlannedGate["fit"];
  return [{ before: op, op, fit, layers: undefined, reason: undefined, offset: 0, isNonNegative }];
}

/** Derivatives that are always the same, of so many multiply-accumulates a step. */
function always(derivative: readonly number[], macs = 1): OpenGradients {
  return async (_graph, inputs, _outputs, imagesPerStep) => ({
    ...{ imagesPerStep, macs },
    of: async () => inputs.map(() => Float64Array.from(derivative)),
    close: async () => {},
  });
}

function fitted(
  open: OpenGradients,
  { isNonNegative = false, steps = undefined as number | undefined } = {},
) {
  return fittedTogether(GRAPH, planned(GRAPH, isNonNegative), [{ parameters: [Float64Array.of(0.5, 0.5)] }], {
    ...{ open, steps, seed: 0, onStep: () => {} },
    fitted: [0, 1, 2],
    outputs: [0, 1, 2].map(() => new Float64Array(18)),
  });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, NoDerivatives);
    return (error as Error).message;
  }
  return assert.unreachable("it was fitted") as never;
}

test("numbers move against their derivatives, as often as is asked for", async () => {
  const { numbers, steps, imagesPerStep } = await fitted(always([1, -1]), { steps: 7 });
  const [less = 1, more = 0] = numbers[0]?.parameters[0] ?? [];
  assert.ok(less < 0.5 && more > 0.5, `${less}, ${more}`);
  assert.is(steps, 7);
  assert.is(imagesPerStep, 3);
});

test("factors that go through a ReLU stay non-negative", async () => {
  const steps = 400;
  const [free = 0] = (await fitted(always([1, -1]), { steps })).numbers[0]?.parameters[0] ?? [];
  assert.ok(free < 0, `without a limit it goes below zero: ${free}`);
  const [kept = -1, other = 0] =
    (await fitted(always([1, -1]), { steps, isNonNegative: true })).numbers[0]?.parameters[0] ?? [];
  assert.is(kept, 0);
  assert.ok(other > 0.5);
});

test("derivatives that are not finite end it", async () => {
  assert.match(await refusal(fitted(always([Number.NaN, 1]))), /not finite/);
});

test("what would take too long is done only if it is asked for", async () => {
  const dear = always([1, -1], 20e9);
  assert.match(await refusal(fitted(dear)), /would take 800 G multiply-accumulates, more than 400 G/);
  assert.is((await fitted(dear, { steps: 1 })).steps, 1);
});

test.run();
