import type { Op, Result, Value } from "../../ir/graph.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import type { NormalForm, SourceValue } from "./normal/normal-form.js";
import { isDequantization } from "./normal/quantizations.js";
import type { FoundModule } from "./raised.js";

/** A graph that is searched, as it is and in its normal form. */
export interface Searched {
  readonly flow: Dataflow;
  readonly normal: NormalForm;
}

/** Where a module that was found in the normal form of a graph stands in the graph. */
export interface Anchor {
  readonly found: FoundModule;
  /** The values of the graph that are the gated map: the first is what the module's op reads. */
  readonly maps: readonly [SourceValue, ...SourceValue[]];
  /** What the module computes, or what is computed of that. */
  readonly end: SourceValue & { readonly value: Result };
  /** The op that computes the end, which the module's op replaces. */
  readonly last: Op;
  /** The op of the normal form that computes the end from the module's result, where the graph has no such result itself. */
  readonly around: Op | undefined;
  /** The name of the module's result. */
  readonly name: string;
}

/** Refuses a module whose map or whose result the graph computes nowhere. */
export function anchorOf(found: FoundModule, { normal, flow }: Searched): Anchor {
  const [result] = found.last.results;
  const direct = result && endOf(normal.sources(result), flow);
  const around = result === undefined || direct !== undefined ? undefined : onlyReader(result, normal);
  const [behind] = around?.results ?? [];
  const end = direct ?? (behind && endOf(normal.sources(behind), flow));
  const last = end && flow.producer(end.value);
  const [map, ...maps] = last === undefined ? [] : mapsOf(found.x, last, { normal, flow });
  if (map === undefined || last === undefined || end?.value.kind !== "result") {
    return mismatch(found.last, "the file computes its map or its result nowhere by itself");
  }
  const { value, permutation } = end;
  const isItself = around === undefined && permutation === undefined;
  const name = isItself ? value.name : `${value.name}/gated`;
  return { found, maps: [map, ...maps], end: { value: end.value, permutation }, last, around, name };
}

/**
 * The values of the graph that a map is which an op may read: first one in the precision of what the op computes, of a quantised
 * map the one that the op has, and the map as it is where that can be had.
 */
function mapsOf(x: Value, last: Op, { normal, flow }: Searched): readonly SourceValue[] {
  const maps = normal.sources(x).filter(({ value }) => flow.isBefore(value, last));
  const isQuantized = maps.some(({ value }) => isDequantization(flow.producer(value)));
  const distance = ({ value, permutation }: SourceValue): number =>
    (value.type.dtype === last.results[0]?.type.dtype ? 0 : 4) +
    (isQuantized && !last.operands.includes(value) ? 2 : 0) +
    (permutation === undefined ? 0 : 1);
  return maps.sort((a, b) => distance(a) - distance(b));
}

/**
 * The value of the graph that a normal one is: the first that is computed. If it is only turned to the order of the normal form, it
 * is what comes of that, and nothing need be turned twice.
 */
function endOf(sources: readonly SourceValue[], flow: Dataflow): SourceValue | undefined {
  const [first] = sources;
  if (first?.permutation === undefined || flow.isOutput(first.value)) return first;
  const [reader, ...more] = flow.readers(first.value);
  const turned = sources.find(
    ({ value, permutation }) => permutation === undefined && flow.producer(value) === reader,
  );
  return reader === undefined || more.length > 0 ? first : (turned ?? first);
}

function onlyReader(result: Result, { flow }: NormalForm): Op | undefined {
  const [reader, ...more] = flow.readers(result);
  return more.length === 0 ? reader : undefined;
}
