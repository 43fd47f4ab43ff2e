import type { Graph } from "../../ir/graph.js";
import type { PassEvent } from "../engine/manager.js";
import { removeAttention } from "./remove-attention.js";
import { swapAttention } from "./swap-attention.js";

/** A network before and after the passes that exchange its gates. */
export interface Exchange {
  readonly before: Graph;
  readonly after: Graph;
}

const EXCHANGING: readonly string[] = [swapAttention.name, removeAttention.name];

/** What passes have exchanged so far, after one more. */
export function exchangeAfter(sofar: Exchange | undefined, event: PassEvent): Exchange | undefined {
  if (!EXCHANGING.includes(event.name)) return sofar;
  return { before: sofar?.before ?? event.before, after: event.graph };
}
