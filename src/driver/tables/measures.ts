import type { ConventionName, Scale } from "../../analysis/conventions/convention.js";
import { printNumber } from "../../analysis/conventions/convention.js";
import { conventions } from "../../analysis/conventions/registry.js";
import { countNetwork, gateOf } from "../../analysis/counts.js";
import { Defect } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import type { Graph } from "../../ir/graph.js";
import { countedNetwork } from "../../reports/conventions.js";

/** What a value is measured on. */
export interface MeasuredNetwork {
  readonly graph: Graph;
  /** The network that differences are against. */
  readonly against?: Graph | undefined;
  readonly convention: ConventionName;
}

export interface Measurement {
  readonly exact: number;
  /** By the convention, with as many digits as were published. */
  readonly printed: string;
}

interface Measure {
  /** What a reader calls it. */
  readonly title: string;
  /** @param decimals  digits behind the point of the published number; undefined where it has no such form */
  take(measured: MeasuredNetwork, decimals: number | undefined): Measurement;
}

/** What papers publish of a network. */
export const MEASURES = {
  parameters: {
    title: "parameters",
    take: ({ graph, convention }, decimals) =>
      printed(parametersOf(graph, convention), conventions[convention].parameters, decimals),
  },
  operations: {
    title: "operations",
    take: ({ graph, convention }, decimals) =>
      printed(operationsOf(graph, convention), conventions[convention].operations, decimals),
  },
  attentionParameters: {
    title: "attention's parameters",
    take({ graph }) {
      const { attentionParameters } = countNetwork(graph);
      return { exact: attentionParameters, printed: count(attentionParameters) };
    },
  },
  addedOperations: {
    title: "operations added",
    take(measured, decimals) {
      const { graph, convention } = measured;
      const added = operationsOf(graph, convention) - operationsOf(baseOf(measured), convention);
      return printed(added, conventions[convention].operations, decimals);
    },
  },
  parametersChange: {
    title: "change of parameters",
    take: (measured, decimals) =>
      percent(
        parametersOf(measured.graph, measured.convention),
        parametersOf(baseOf(measured), measured.convention),
        decimals,
      ),
  },
  operationsChange: {
    title: "change of operations",
    take(measured, decimals) {
      const { graph, convention } = measured;
      return percent(operationsOf(graph, convention), operationsOf(baseOf(measured), convention), decimals);
    },
  },
} as const satisfies Readonly<Record<string, Measure>>;

export type MeasureName = keyof typeof MEASURES;

export function isMeasure(name: string): name is MeasureName {
  return Object.hasOwn(MEASURES, name);
}

/** The sum of a formula factor · C^power over the gates of a network, C the channels that each gates. */
export function sumOverGates(graph: Graph, factor: number, power: number): number {
  let sum = 0;
  for (const op of graph.ops) {
    if (gateOf(op) !== undefined) sum += factor * Number(op.operands[0]?.type.dims[1]) ** power;
  }
  return sum;
}

function printed(exact: number, scale: Scale, decimals: number | undefined): Measurement {
  return { exact, printed: printNumber(exact, scale, decimals).printed };
}

function percent(now: number, before: number, decimals = 2): Measurement {
  const exact = (100 * (now - before)) / before;
  const text = exact.toFixed(decimals);
  return { exact, printed: `${exact > 0 ? "+" : ""}${text} %` };
}

function parametersOf(graph: Graph, convention: ConventionName): number {
  return conventions[convention].parameters.count(countedNetwork(graph));
}

function operationsOf(graph: Graph, convention: ConventionName): number {
  return conventions[convention].operations.count(countedNetwork(graph));
}

function baseOf({ against }: MeasuredNetwork): Graph {
  if (against === undefined) throw new Defect("a change is published, and not against which network");
  return against;
}
