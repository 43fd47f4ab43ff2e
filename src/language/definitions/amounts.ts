import type { JsonPath } from "../../base/json-path.js";
import { MAX_CHANNELS } from "../fields.js";
import type { MapAxes } from "../input.js";
import { type ExpressionValue, evaluate, type Scope } from "./evaluate.js";
import { ExpressionError, namesIn, parseExpression, type Span } from "./expression.js";
import type { Amount, AmountPair } from "./layer-fields.js";
import type { PerAxis } from "./resolved-layers.js";

/** Something that a definition can't mean. `at`: the part of the text at the path, if it is about one. */
export interface DefinitionProblem {
  readonly path: JsonPath;
  readonly message: string;
  readonly at?: Span | undefined;
  readonly hint?: string | undefined;
}

export type RefuseDefinition = (problem: DefinitionProblem) => void;

/** The integers that a number of a layer may be. */
export const LIMITS = {
  channels: [1, MAX_CHANNELS],
  /** A channel, counted from 0. */
  position: [0, MAX_CHANNELS],
  side: [1, 63],
  stride: [1, 16],
  dilation: [1, 64],
  blur: [2, 9],
  padding: [0, 64],
  pixels: [-64, 64],
  times: [0, 256],
} as const;

type Limits = readonly [least: number, most: number];

/**
 * Evaluates the numbers of a block's layers. What has no value is reported and is NaN from there on, so that the rest is
 * still looked at and nothing is reported that only follows from it.
 */
export class Amounts {
  readonly #scope: Scope;
  readonly #refuse: RefuseDefinition;
  readonly #axes: MapAxes;

  constructor(scope: Scope, refuse: RefuseDefinition, axes: MapAxes) {
    this.#scope = scope;
    this.#refuse = refuse;
    this.#axes = axes;
  }

  integer(amount: Amount, path: JsonPath, [least, most]: Limits, channelsIn: number): number {
    const value = this.number(amount, path, channelsIn);
    if (Number.isNaN(value) || (Number.isInteger(value) && value >= least && value <= most)) return value;
    const hint = Number.isInteger(value) ? undefined : "round it: round(...), floor(...) or divisible(...)";
    this.#refuse({ path, message: `must be an integer from ${least} to ${most}, got ${value}`, hint });
    return Number.NaN;
  }

  /** One number for each axis. */
  sides(pair: AmountPair, path: JsonPath, limits: Limits, channelsIn: number): PerAxis {
    if (!Array.isArray(pair)) {
      const side = this.integer(pair, path, limits, channelsIn);
      return this.#axes === 1 ? [side] : [side, side];
    }
    if (this.#axes === 1) {
      this.#refuse({ path, message: "a signal has one axis, and these are two numbers", hint: "give one" });
    }
    const [height, width] = pair;
    return [
      this.integer(height, [...path, 0], limits, channelsIn),
      this.integer(width, [...path, 1], limits, channelsIn),
    ];
  }

  number(amount: Amount, path: JsonPath, channelsIn: number): number {
    const value = this.#value(amount, path, channelsIn) ?? Number.NaN;
    if (typeof value === "number") return value;
    this.#refuse({ path, message: `expected a number, got ${value}` });
    return Number.NaN;
  }

  /** Whether a condition is true: that of a layer, or that of a shortcut. */
  holds(when: boolean | string | undefined, path: JsonPath, channelsIn: number): boolean {
    if (when === undefined || typeof when === "boolean") return when ?? true;
    const value = this.#value(when, path, channelsIn) ?? true;
    if (typeof value === "boolean") return value;
    this.#refuse({ path, message: `expected true or false, got ${value}`, hint: "compare it: `stride > 1`" });
    return true;
  }

  #value(amount: Amount, path: JsonPath, channelsIn: number): ExpressionValue | undefined {
    if (typeof amount === "number") return amount;
    try {
      const expression = parseExpression(amount);
      const scope = this.#scopeAt(channelsIn);
      if (namesIn(expression).some(({ name }) => Number.isNaN(scope.valueOf(name)))) return undefined;
      return evaluate(expression, scope);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#refuse({ path, message: error.message, at: error.at, hint: error.hint });
      return undefined;
    }
  }

  #scopeAt(channelsIn: number): Scope {
    return Object.assign(Object.create(this.#scope), {
      valueOf: (name: string) => (name === "in" ? channelsIn : this.#scope.valueOf(name)),
    });
  }
}
