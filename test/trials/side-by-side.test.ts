import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Deadline } from "../../src/base/deadline.js";
import { CheckError, InputError } from "../../src/base/diagnostic.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { inputShapes, parameterNumbers, type Run, randomInputs } from "../../src/trials/numbers.js";
import { type Evaluation, EvaluationThreads, ONE_BY_ONE } from "../../src/trials/side-by-side.js";

const test = suite("trials: side by side");

/** Three images in float64 and one in float32. */
function evaluationsOf(graph: Graph): readonly Evaluation[] {
  const images = [0, 1, 2].map((image) => ({ inputs: randomInputs(inputShapes(graph), 1, 7, image) }));
  const [{ inputs } = { inputs: new Map() }] = images;
  return [...images, { inputs, arithmetic: "float32" }];
}

function numbersOf(runs: readonly Run[]): readonly (readonly number[])[] {
  return runs.flatMap((run) => [...run.values()].map(({ data }) => Array.from(data)));
}

test("threads give the same bits, in the order of the evaluations, and say how far they are", async () => {
  const graph = specNetwork("specs/small.json").meant;
  const evaluator = new EvaluationThreads({ threads: 3, least: 0 });
  try {
    const evaluations = evaluationsOf(graph);
    const parameters = parameterNumbers(3);
    const parts: number[] = [];
    const wanted = numbersOf(await ONE_BY_ONE.all(graph, evaluations, parameters));
    const runs = await evaluator.all(graph, evaluations, parameters, (part) => parts.push(part));
    assert.equal(numbersOf(runs), wanted);
    // The images and the arithmetics differ, so that an order that is wrong shows.
    assert.is(new Set(wanted.map(String)).size, evaluations.length);
    assert.ok(parts.every((part) => part >= 0 && part <= 1));
    // Two jobs at once are kept apart.
    const [again, less] = await Promise.all([
      evaluator.all(graph, evaluations, parameters),
      evaluator.all(graph, evaluations.slice(2), parameters),
    ]);
    assert.equal(numbersOf(again), wanted);
    assert.equal(numbersOf(less), wanted.slice(2));
  } finally {
    evaluator.close();
  }
});

const OUT_OF_RANGE = `graph "g" {
  input %x : float32[2, 3]
  fixed @at : int64 = constant([1], 9)
  %y : float32[1, 3] = gather(%x, @at) {axis = 0} loc(/y)
  return %y
}
`;

test("what can't be evaluated is said as in one thread", async () => {
  const graph = parseGraph(OUT_OF_RANGE);
  const evaluations = [0, 1].map((seed) => ({ inputs: randomInputs(inputShapes(graph), 1, seed) }));
  const evaluator = new EvaluationThreads({ threads: 2, least: 0 });
  try {
    const messages: string[] = [];
    for (const each of [ONE_BY_ONE, evaluator]) {
      try {
        await each.all(graph, evaluations, parameterNumbers(0));
        assert.unreachable();
      } catch (error) {
        assert.instance(error, InputError);
        messages.push((error as InputError).message);
      }
    }
    const [alone, inThread] = messages;
    assert.match(alone ?? "", /\/y \(gather\) can't be evaluated/);
    assert.is(inThread, alone);
  } finally {
    evaluator.close();
  }
});

test("a missed deadline ends a job", async () => {
  const graph = specNetwork("specs/b0-eca.json").meant;
  const evaluator = new EvaluationThreads({ threads: 2, least: 0, deadline: new Deadline(0.2) });
  try {
    await evaluator.all(graph, evaluationsOf(graph), parameterNumbers(0));
    assert.unreachable("it is not done in 0.2 s");
  } catch (error) {
    assert.instance(error, CheckError);
  } finally {
    evaluator.close();
  }
});

test.run();
