import type { Diagnostic } from "../../base/diagnostic.js";
import type { JsonPath } from "../../base/json-path.js";
import type { SpecDocument } from "../document.js";
import type { Constraint, Goal } from "./quantities.js";

/** A setting as the file writes it: the words of `sweepSchema`, or the path of a field, with a value. */
export type Settings = ReadonlyMap<string, unknown>;

/** What one axis goes through. */
export type AxisValues = readonly unknown[] | OpenRange;

/** All numbers between two, which only a sample can draw from. */
export interface OpenRange {
  readonly from: number;
  readonly to: number;
  readonly scale: "linear" | "log";
}

/** A sweep that was read and checked; its bases were not looked at. */
export interface Sweep {
  readonly name: string;
  readonly description?: string | undefined;
  readonly bases: readonly { readonly reference: string; readonly path: JsonPath }[];
  /** Without a list, one variant of no settings. */
  readonly list: readonly Settings[];
  readonly axes: ReadonlyMap<string, AxisValues>;
  readonly sample?: { readonly count: number; readonly seed: number } | undefined;
  readonly constraints: readonly Constraint[];
  readonly front: readonly [across: Goal, up: Goal];
  readonly verify: boolean;
  readonly bench: boolean;
  readonly document: SpecDocument;
}

export function isOpenRange(values: AxisValues): values is OpenRange {
  return !Array.isArray(values);
}

/** Somewhere to put what is wrong with a sweep, at the place of a value or, with `key`, of the key that leads to it. */
export type RefuseSweep = (
  code: Diagnostic["code"],
  message: string,
  path: JsonPath,
  more?: { readonly hint?: string | undefined; readonly key?: boolean },
) => void;
