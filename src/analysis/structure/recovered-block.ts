import type { Block, Op, Value } from "../../ir/graph.js";
import type { RecoveredType } from "./classify.js";
import type { Unit } from "./units.js";

/** A block before it has its place: some layers, one after the other. */
export interface Group {
  readonly units: readonly Unit[];
  readonly type: RecoveredType;
  /** The numbered modules that the names of all its nodes share, outermost first; empty where names say nothing. */
  readonly modules: readonly string[];
}

export interface RecoveredBlock extends Group {
  readonly block: Block;
  readonly ops: readonly Op[];
  readonly from: Value;
  readonly to: Value;
}
