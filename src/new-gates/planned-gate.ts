import { gateOf } from "../analysis/counts.js";
import { type Likeness, likeness } from "../base/distance.js";
import { makeParameter } from "../ir/builder.js";
import type { Graph, Op, OpOf, Parameter } from "../ir/graph.js";
import { replaceParameters } from "../ir/rewrite.js";
import { storedWeight, type WeightExpr } from "../ir/weight.js";
import { materialize } from "../weights/values/materialize.js";
import { type FactorLayer, factorLayer, withFactor } from "./channel-factor.js";
import { type EcaNumbers, type EcaShape, ecaResponses, fitEca, neutralEca } from "./eca-start.js";
import type { GateResponses } from "./gate-responses.js";
import type { NewGateStart } from "./starts.js";

/** How near something is to the network before the swap, for each way to start. */
export type ByStart = Readonly<Record<NewGateStart, Likeness>>;

/** A gate that a swap made, and how near it is to the gate that it replaced. */
export interface NewGate {
  /** Its scope. */
  readonly at: string;
  /** `se (96 → 4 → 96)` */
  readonly before: string;
  /** `eca (k = 3)` */
  readonly gate: string;
  /** The parameters of a neighbouring layer that take a factor for each channel over; none where no layer can. */
  readonly factorIn: readonly string[];
  /** Why no layer can. */
  readonly reason?: string;
  /** Of the gate's results, given what the old gate was given. */
  readonly likeness: ByStart;
}

/** A table with a row for each start. */
export function byStart<T>(of: (start: NewGateStart) => T): Readonly<Record<NewGateStart, T>> {
  return { init: of("init"), neutral: of("neutral"), fit: of("fit") };
}

type EcaOp = OpOf<"attention.eca">;

/** A new gate with the numbers of each start. */
export interface PlannedGate {
  readonly op: EcaOp;
  readonly layer: FactorLayer | undefined;
  readonly numbers: Readonly<Record<NewGateStart, EcaNumbers>>;
  readonly report: NewGate;
}

export function planGate(
  graph: Graph,
  { before, op }: { readonly before: Op; readonly op: EcaOp },
  responses: GateResponses,
  seed: number,
): PlannedGate {
  const [weight, bias] = operandParameters(op);
  const { kernel, padding } = op.attributes;
  const shape: EcaShape = { kernel, padding, bias: bias !== undefined };
  const found = factorLayer(graph, op);
  const layer = "reason" in found ? undefined : found;
  const numbers: PlannedGate["numbers"] = {
    init: {
      weight: weight === undefined ? new Float64Array(kernel) : materialize(weight.data, seed),
      bias: bias === undefined ? 0 : (materialize(bias.data, seed)[0] ?? 0),
      factor: new Float64Array(responses.channels).fill(1),
    },
    neutral: neutralEca(shape, responses, layer?.side),
    fit: fitEca(shape, responses, layer?.side),
  };
  const near = (start: NewGateStart): Likeness =>
    likeness(
      responses.response,
      ecaResponses(numbers[start], shape, responses, layer?.side),
      responses.power,
    );
  return {
    op,
    layer,
    numbers,
    report: {
      at: op.loc.scope,
      before: gateOf(before)?.text ?? before.kind,
      gate: gateOf(op)?.text ?? op.kind,
      factorIn: layer?.parameters.map(({ name }) => name) ?? [],
      ...("reason" in found ? { reason: found.reason } : {}),
      likeness: byStart(near),
    },
  };
}

/** The network with the numbers of a start in its new gates and the layers that take their factors. */
export function withStart(graph: Graph, gates: readonly PlannedGate[], start: NewGateStart): Graph {
  if (start === "init") return graph;
  const data = new Map<Parameter, WeightExpr>();
  for (const { op, layer, numbers } of gates) {
    const { weight, bias, factor } = numbers[start];
    [weight, [bias]].forEach((values, i) => {
      const parameter = operandParameters(op)[i];
      if (parameter === undefined) return;
      const { dims } = parameter.data;
      data.set(parameter, storedWeight(dims, `new:${parameter.name}`, Float32Array.from(values)));
    });
    if (layer === undefined) continue;
    // A layer between two gates may take factors of both.
    const sofar = (parameter: Parameter): WeightExpr => data.get(parameter) ?? parameter.data;
    const label = `new:${op.loc.scope}`;
    for (const [parameter, expression] of withFactor(layer, Float32Array.from(factor), label, sofar)) {
      data.set(parameter, expression);
    }
  }
  return replaceParameters(graph, (parameter) => {
    const expression = data.get(parameter);
    return expression === undefined
      ? parameter
      : makeParameter(parameter.name, expression, parameter.role, parameter.type.dtype);
  });
}

/** The parameters that an op reads, in order. */
export function operandParameters({ operands }: Op): readonly Parameter[] {
  return operands.filter((operand) => operand.kind === "parameter");
}
