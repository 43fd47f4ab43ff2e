import type { Graph, Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import type { Dim } from "../../ir/types.js";
import { constantsOf } from "../constants.js";

/** What a map or a row of tokens has, wherever its channels lie. */
export interface MapSizes {
  /** Undefined where there is no such axis. */
  readonly channels: Dim | undefined;
  /** Height and width, or none. */
  readonly map: readonly Dim[];
}

/** What is known of a graph's values besides their types. */
export interface Layouts {
  /** Whether the channels of a map [N, H, W, C] or of tokens [N, T, C] are its last axis. */
  isChannelsLast(value: Value): boolean;
  /** Whether a value follows from parameters alone. */
  isConstant(value: Value): boolean;
  sizesOf(value: Value): MapSizes;
}

/** Turned to channels last, and back, by the permutation of the axes. */
const LAST: ReadonlySet<string> = new Set(["0,2,3,1", "0,2,1"]);
const FIRST: ReadonlySet<string> = new Set(["0,3,1,2", "0,2,1"]);

/** Operators that are defined on maps with their channels first. */
const CHANNELS_FIRST: ReadonlySet<string> = new Set([
  ...["conv", "conv_transpose", "batch_norm", "instance_norm", "max_pool", "avg_pool"],
  ...["global_avg_pool", "global_max_pool"],
]);

/** The layouts of a graph: from transposes on, and behind products with weights, the channels are last. One walk. */
export function layoutsOf(graph: Graph): Layouts {
  const last = new Set<Value>();
  const isConstant = constantsOf(graph.ops);
  for (const op of graph.ops) {
    if (!op.results.every(isConstant) && isTurned(op, last, isConstant))
      for (const result of op.results) last.add(result);
  }
  const isChannelsLast = (value: Value): boolean => last.has(value);
  return {
    isChannelsLast,
    isConstant,
    sizesOf(value) {
      const { dims } = value.type;
      if (!isChannelsLast(value)) return { channels: dims[1], map: dims.slice(2) };
      return { channels: dims.at(-1), map: dims.length === 4 ? dims.slice(1, 3) : [] };
    },
  };
}

function isTurned(op: Op, last: ReadonlySet<Value>, isConstant: (value: Value) => boolean): boolean {
  const [x] = op.operands;
  const rank = op.results[0]?.type.dims.length ?? 0;
  if (x === undefined || rank < 3 || rank > 4 || CHANNELS_FIRST.has(op.kind)) return false;
  if (isOp(op, "transpose")) {
    const turn = op.attributes.permutation.join();
    return last.has(x) ? !FIRST.has(turn) : LAST.has(turn);
  }
  if (isOp(op, "matmul")) return isConstant(op.operands[1] ?? x);
  return op.operands.some(
    (operand) => last.has(operand) && (operand.type.dims.length === rank || isReshape(op)),
  );
}

/** Tokens that become a map, and a map that becomes tokens, keep their last axis. */
function isReshape({ kind, operands: [x], results: [y] }: Op): boolean {
  return (kind === "reshape" || kind === "reshape_to") && x?.type.dims.at(-1) === y?.type.dims.at(-1);
}
