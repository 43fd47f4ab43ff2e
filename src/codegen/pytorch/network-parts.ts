import { InputError } from "../../base/diagnostic.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import type { Graph, Op } from "../../ir/graph.js";
import { insertedScale } from "../../ir/inserted.js";
import { isOp } from "../../ir/rewrite.js";
import { gateArguments } from "./gates.js";
import type { Literal } from "./python.js";

/** The words of a gate in Python. */
export type GateWords = { readonly [word: string]: Literal };

/** What the passes may have changed: the network's gates and drop rates, by the scope where they stand. */
export interface ModuleParts {
  gateAt(scope: string): GateWords | undefined;
  /** The rate of a drop path or dropout; 0 where there is none any more. */
  rateAt(scope: string): number;
  /** Axes of the network's maps beside batch and channels: 2 of images, 1 of signals. */
  readonly axes: number;
  /** The kinds of attention in use. */
  readonly gateTypes: ReadonlySet<NonNullable<ReturnType<typeof attentionKindOf>>>;
  /** Whether weights are standardised. */
  readonly standardizes: boolean;
}

/**
 * Looks the parts up that training code takes from the graph, not from the spec. Refuses a graph whose other ops were made
 * by passes: layers that were folded or lowered are not in a module that is trained.
 */
export function networkParts(graph: Graph): ModuleParts {
  const gates = new Map<string, GateWords>();
  const rates = new Map<string, number>();
  const gateTypes = new Set<NonNullable<ReturnType<typeof attentionKindOf>>>();
  for (const op of graph.ops) {
    const type = attentionKindOf(op.kind);
    if (type !== undefined) {
      gates.set(op.loc.scope, gateArguments(type, op));
      gateTypes.add(type);
    } else if (isLeftFactor(op)) {
      throw leftFactor(op);
    } else if (op.loc.pass !== undefined && !isDoubled(op) && insertedScale(op) === undefined) {
      throw madeByPass(op, op.loc.pass);
    } else if (isOp(op, "drop_path") || isOp(op, "dropout")) {
      rates.set(op.loc.scope, op.attributes.rate);
    }
  }
  return {
    gateAt: (scope) => gates.get(scope),
    rateAt: (scope) => rates.get(scope) ?? 0,
    axes: (graph.inputs[0]?.type.dims.length ?? 4) - 2,
    gateTypes,
    standardizes: graph.ops.some(({ kind }) => kind === "standardized_weight"),
  };
}

/** Whether an op is x · 2, which remove-attention leaves of x + gate(x); the module adds x to itself there. */
function isDoubled(op: Op): boolean {
  return isOp(op, "mul") && op.loc.pass === "remove-attention";
}

/** Whether an op is the factor for each channel that `remove-attention{factor=true}` leaves of a gate. */
function isLeftFactor(op: Op): boolean {
  const isTrained = op.operands.some((operand) => operand.kind === "parameter" && operand.role !== "fixed");
  return isDoubled(op) && isTrained;
}

function leftFactor({ loc }: Op): InputError {
  return InputError.of("codegen/lowered", `${loc.scope}: a factor for each channel is left of the gate`, {
    hint: "the module has no layer for it: put absorb-factors after remove-attention, or leave factor=true out",
  });
}

function madeByPass(op: Op, pass: string): InputError {
  return InputError.of("codegen/lowered", `${op.loc.scope}: ${pass} made ${op.kind} of it`, {
    hint: `a module that is trained has the network as blocks and gates: leave ${pass} out, which compile does by itself`,
  });
}
