import { type Graph, type Op, producersOf, type Value } from "../ir/graph.js";
import type { GateNumbers } from "./fits/fit.js";
import { type GateResponses, type ImageRuns, onImages } from "./gate-responses.js";
import { observeOld } from "./observe-old.js";
import { isOldGate, type PlannedGate, taskOf, withNewGate } from "./planned-gate.js";

/**
 * The fitted numbers of some gates, in their order. Each is fitted to the old gate's responses to what the network feeds it in which
 * all gates on the way to it are new already. Gates that no other leads to are fitted by what the original network shows of them;
 * those that are as many gates away from the inputs are looked at in one run.
 *
 * @param seen what the gates do in the original network
 * @param fitted the images that are fitted to
 */
export async function fitInOrder(
  original: Graph,
  planned: readonly PlannedGate[],
  seen: readonly GateResponses[],
  runs: ImageRuns,
  fitted: readonly number[],
  seed: number,
): Promise<readonly GateNumbers[]> {
  const levels = levelsOf(original, planned);
  const numbers = new Map<PlannedGate, GateNumbers>();
  let current = original;
  for (let level = 0; levels.includes(level); level++) {
    const gates = planned.filter((_, i) => levels[i] === level);
    const responses =
      level === 0
        ? gates.map((gate) => seen[planned.indexOf(gate)])
        : await responsesIn(current, gates, runs, fitted, seed);
    gates.forEach((gate, i) => {
      const shown = responses[i];
      if (shown === undefined) throw new RangeError(`${gate.op.loc.scope} was not observed`);
      const found = gate.fit.fit(taskOf(gate, onImages(shown, fitted)));
      numbers.set(gate, found);
      current = withNewGate(current, gate, found);
    });
  }
  return planned.flatMap((gate) => numbers.get(gate) ?? []);
}

/** What old gates do in a network in which others are new already. */
async function responsesIn(
  graph: Graph,
  gates: readonly PlannedGate[],
  runs: ImageRuns,
  chosen: readonly number[],
  seed: number,
): Promise<readonly GateResponses[]> {
  const olds = gates.flatMap((gate) => graph.ops.find((op) => isOldGate(op, gate)) ?? []);
  return (await observeOld(graph, olds, runs, seed, { outputs: false, chosen })).gates;
}

/** How many of the gates lead to each, on the longest way. */
function levelsOf(graph: Graph, planned: readonly PlannedGate[]): readonly number[] {
  const level = new Map<Value, number>();
  const scopes = new Set(planned.map(({ before }) => before.loc.scope));
  const isPlanned = (op: Op): boolean =>
    scopes.has(op.loc.scope) && planned.some((gate) => isOldGate(op, gate));
  for (const op of graph.ops) {
    const before = op.operands.reduce((most, operand) => Math.max(most, level.get(operand) ?? 0), 0);
    for (const result of op.results) level.set(result, before + (isPlanned(op) ? 1 : 0));
  }
  const producers = producersOf(graph);
  const levels = new Map<string, number>();
  for (const [value, count] of level) {
    const op = producers.get(value);
    if (op !== undefined && isPlanned(op)) levels.set(op.loc.scope, count - 1);
  }
  return planned.map(({ before }) => levels.get(before.loc.scope) ?? 0);
}
