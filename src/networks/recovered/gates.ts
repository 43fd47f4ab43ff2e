import type { RecoveredBlock } from "../../analysis/structure/classify.js";
import { makeDivisible, roundHalfEven } from "../../base/rounding.js";
import { adaptiveKernel } from "../../ir/attention/eca-kernel.js";
import { attentionKindOf, attentionTypeOf } from "../../ir/attention/modules.js";
import type { Op } from "../../ir/graph.js";
import type { RaisedAttention } from "../../passes/raise/raise-attention.js";
import { written as withoutDefaults } from "../../passes/raise/raised.js";

/** A gate as a spec writes it, without its position. */
export type WrittenGate = Readonly<Record<string, unknown>> & { readonly type: string };

/** For each gate of a raised graph, what a spec says of it. */
export function writtenGates(
  { graph, raised }: RaisedAttention,
  blocks: readonly RecoveredBlock[],
): ReadonlyMap<Op, WrittenGate> {
  const ops = graph.ops.filter(({ kind }) => attentionKindOf(kind) !== undefined);
  const gates = new Map(
    ops.map((op, i): [Op, WrittenGate] => {
      const { kind, options } = raised[i] ?? { kind: attentionKindOf(op.kind) ?? "", options: {} };
      return [op, { type: kind, ...options }];
    }),
  );
  shareRatio(gates, blocks);
  shareRule(gates);
  return gates;
}

/** The ways of the papers and their implementations to say how far a gate squeezes. */
const RATIOS = [1 / 4, 1 / 16, 1 / 8, 1 / 2, 1 / 32].flatMap((ratio) =>
  (["gated", "block-input"] as const).flatMap((ratioOf) =>
    [1, 8].map((divisor) => ({ ratio, ratioOf, divisor })),
  ),
);

/** Squeezed widths as one ratio for all gates, where there is one: stages then repeat. */
function shareRatio(gates: Map<Op, WrittenGate>, blocks: readonly RecoveredBlock[]): void {
  const inputs = new Map(
    blocks.flatMap(({ ops, block }) => ops.map((op) => [op, block.inputChannels] as const)),
  );
  const squeezing = [...gates].filter(([, { channels }]) => typeof channels === "number");
  const shared = RATIOS.find(({ ratio, ratioOf, divisor }) =>
    squeezing.every(([op, { channels }]) => {
      const of = ratioOf === "gated" ? gatedChannels(op) : (inputs.get(op) ?? 0);
      return squeezedTo(of * ratio, divisor) === channels;
    }),
  );
  if (shared === undefined) return;
  for (const [op, { channels: _, type, ...rest }] of squeezing) {
    const kind = attentionTypeOf(op.kind);
    if (kind !== undefined) gates.set(op, { type, ...withoutDefaults(kind, { ...rest, ...shared }) });
  }
}

function squeezedTo(wanted: number, divisor: number): number {
  return divisor === 1 ? roundHalfEven(wanted) : makeDivisible(wanted, divisor);
}

/** The kernels of ECA gates as the rule of the published code, where all of them follow it. */
function shareRule(gates: Map<Op, WrittenGate>): void {
  const ecas = [...gates].filter(([, { type }]) => type === "eca");
  const follows = ecas.every(
    ([op, { kernel }]) => adaptiveKernel(gatedChannels(op), "eca-net", 2, 1).kernel === kernel,
  );
  if (!follows) return;
  for (const [op, { kernel: _, type, ...rest }] of ecas) gates.set(op, { type, ...rest });
}

function gatedChannels({ operands: [x] }: Op): number {
  return Number(x?.type.dims[1]);
}
