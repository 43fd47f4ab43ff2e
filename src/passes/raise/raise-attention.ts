import * as z from "zod";
import { ATTENTION_TYPES, type AttentionType, attentionTypeOf } from "../../ir/attention/modules.js";
import { freezeGraph } from "../../ir/builder.js";
import type { Graph, Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { elementCount } from "../../ir/types.js";
import { smallValues } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";
import { plainGates } from "../specialize/plain-gates.js";
import { anchorOf, type Searched } from "./anchor.js";
import { Dataflow } from "./dataflow.js";
import { Mismatch, nameOf } from "./mismatch.js";
import { NewNames, scopeOf } from "./names.js";
import { normalForm } from "./normal/normal-form.js";
import type { FoundModule } from "./raised.js";
import { finders } from "./registry.js";
import { replacementOf } from "./replacement.js";
import { type StepsApart, stepsApart } from "./steps/apart.js";

/** An attention module that was found, and what it replaced. */
export interface RaisedGate {
  readonly kind: AttentionType;
  /** Its scope: the common part of its ops' names. */
  readonly at: string;
  /** Channels of the gated map. */
  readonly channels: number;
  /** Its trainable scalars. */
  readonly parameters: number;
  /** The name of its result. */
  readonly result: string;
  /** Its options as in a spec, without defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The ops that it replaced, by their kinds and the names of their results. */
  readonly ops: readonly string[];
  /** The constant factor of its result, as after an inserted gate; absent if there is none. */
  readonly scale?: number;
  /** Whether it is quantised, between QuantizeLinear and DequantizeLinear; the op computes without quantisation. */
  readonly quantized?: true;
}

/** What looks like attention and is no module that is known. */
export interface RejectedGate {
  /** The scope of the product that would be its last op. */
  readonly at: string;
  /** The op that decides it, by its kind and the name of its result. */
  readonly op: string;
  readonly reason: string;
}

export interface RaisedAttention {
  readonly graph: Graph;
  /** In the order of the graph. */
  readonly raised: readonly RaisedGate[];
  readonly rejected: readonly RejectedGate[];
  /** Those that are computed in whole steps, by the names of their ops' results. */
  readonly quantized: ReadonlySet<string>;
}

export interface RaiseOptions {
  /** The kinds that are looked for; left out, all of them. */
  readonly kinds?: readonly AttentionType[] | undefined;
  /** Modules that stay the ops that they are, by the names of their results. */
  readonly except?: ReadonlySet<string> | undefined;
  /** Whether those that are computed in whole steps stay too: an op for one keeps its numbers only roughly. */
  readonly exact?: boolean | undefined;
}

/**
 * Finds attention modules among primitive ops, and makes one op of each. All other ops stay the objects that they are, but for those of gates that
 * were written for the CPU (`plainGates`): where one of them is found, all are in their plain form.
 * It is linear in the number of ops.
 */
export function raiseAttention(graph: Graph, options: RaiseOptions = {}): RaisedAttention {
  const found = new Raising(plainGates(graph), options).run();
  return found.raised.length === 0 ? { ...found, graph } : found;
}

export const raiseAttentionPass = definePass({
  name: "raise-attention",
  doc: "Replaces the convolutions, activations and products of each attention gate by one op.",
  options: () =>
    z.strictObject({
      kinds: z
        .array(z.enum(ATTENTION_TYPES))
        .min(1)
        .optional()
        .describe("Kinds of gate to look for. Default: all."),
    }),
  preserves: "values",
  run: (graph, { kinds }) => raiseAttention(graph, { kinds, exact: true }).graph,
  unmatched(graph, { kinds = [] }) {
    const after = raiseAttention(graph, { kinds, exact: true }).graph;
    const found = new Set(after.ops.map(({ kind }) => attentionTypeOf(kind)));
    return kinds
      .filter((kind) => !found.has(kind))
      .map((kind) => ({ message: `it found no gate of the kind "${kind}"` }));
  },
});

class Raising {
  readonly #graph: Graph;
  readonly #apart: StepsApart;
  readonly #kinds: readonly AttentionType[];
  readonly #except: ReadonlySet<string>;
  readonly #exact: boolean;
  readonly #searched: Searched;
  readonly #names: NewNames;
  /** What is put instead of the last op of each module. */
  readonly #put = new Map<Op, readonly Op[]>();
  /** Ops of modules, which a module replaced or which are left as they are. */
  readonly #taken = new Set<Op>();
  /** Ops that only the normal form has and that belong to modules. */
  readonly #takenNormal = new Set<Op>();
  readonly #gone = new Set<Op>();
  readonly #raised: RaisedGate[] = [];
  readonly #rejected: RejectedGate[] = [];
  readonly #quantized = new Set<string>();

  constructor(graph: Graph, { kinds = ATTENTION_TYPES, except = new Set(), exact = false }: RaiseOptions) {
    this.#graph = graph;
    this.#apart = stepsApart(graph);
    this.#kinds = kinds;
    this.#except = except;
    this.#exact = exact;
    const { graph: searched } = this.#apart;
    this.#searched = { flow: new Dataflow(searched), normal: normalForm(searched) };
    this.#names = new NewNames(searched);
  }

  run(): RaisedAttention {
    // From the end, so that a module of two gates is found before its first gate is taken for a module.
    for (const op of this.#searched.normal.graph.ops.toReversed()) {
      if (!this.#isTaken(op)) this.#raise(op);
    }
    const raised = this.#raised.toReversed();
    const rejected = this.#rejected.toReversed();
    const quantized = this.#quantized;
    if (raised.length === 0) return { graph: this.#graph, raised, rejected, quantized };
    const ops = this.#apart.graph.ops.flatMap((op) => this.#put.get(op) ?? (this.#gone.has(op) ? [] : [op]));
    return {
      graph: freezeGraph({ ...this.#graph, ops: this.#apart.joined(ops) }),
      raised,
      rejected,
      quantized,
    };
  }

  #raise(op: Op): void {
    const reasons: Mismatch[] = [];
    const isRaised = (finders[op.kind] ?? []).some((find) => {
      try {
        const found = find(op, this.#searched.normal.flow);
        if (found === undefined || !this.#kinds.includes(found.module.kind)) return false;
        this.#replace(found);
        return true;
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        reasons.push(error);
        return false;
      }
    });
    const [reason] = reasons;
    if (isRaised || reason === undefined) return;
    this.#rejected.push({ at: scopeOf(op), op: nameOf(reason.op), reason: reason.message });
  }

  #replace(found: FoundModule): void {
    const anchor = anchorOf(found, this.#searched);
    const { flow } = this.#searched;
    const { region, isQuantized, gate, ops } = replacementOf(anchor, this.#searched, this.#names);
    for (const op of found.ops) this.#takenNormal.add(op);
    for (const op of region) this.#taken.add(op);
    if (this.#except.has(anchor.name) || (this.#exact && isQuantized)) return;
    if (isQuantized) this.#quantized.add(anchor.name);
    this.#put.set(anchor.last, ops);
    for (const op of region) this.#gone.add(op);
    this.#raised.push({
      kind: found.module.kind,
      at: gate.loc.scope,
      channels: Number(found.x.type.dims[1]),
      parameters: trainableScalars(gate),
      result: anchor.end.value.name,
      options: found.module.options,
      ops: this.#wholesOf([...region].sort((a, b) => flow.indexOf(a) - flow.indexOf(b))).map(nameOf),
      ...scaleBehind(anchor.end.value, flow),
      ...(isQuantized ? { quantized: true } : {}),
    });
  }

  /** The ops of the graph that some ops are, or are parts of. */
  #wholesOf(ops: readonly Op[]): readonly Op[] {
    return [...new Set(ops.map((op) => this.#apart.wholeOf(op)))];
  }

  /** Whether an op of the normal form belongs to a module: all ops of the graph that it is, or itself where it is none. */
  #isTaken(op: Op): boolean {
    const { normal, flow } = this.#searched;
    const makers = op.results
      .flatMap((result) => normal.sources(result))
      .map(({ value }) => flow.producer(value));
    if (makers.length === 0) return this.#takenNormal.has(op);
    return makers.every((maker) => maker !== undefined && this.#taken.has(maker));
  }
}

/** The constant factor of a value that alone reads it. */
function scaleBehind(value: Value, flow: Dataflow): Pick<RaisedGate, "scale"> {
  const [reader, ...others] = flow.readers(value);
  if (!isOp(reader, "mul") || others.length > 0 || flow.isOutput(value)) return {};
  const factor = reader.operands.find(({ kind }) => kind === "parameter");
  const [scale, ...more] = (factor?.kind === "parameter" && smallValues(factor.data)) || [];
  return scale === undefined || more.length > 0 ? {} : { scale };
}

function trainableScalars({ operands }: Op): number {
  return operands.reduce((sum, operand) => {
    const counts = operand.kind === "parameter" && operand.role === "trainable";
    return sum + (counts ? elementCount(operand.data.dims) : 0);
  }, 0);
}
