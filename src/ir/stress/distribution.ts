import { normalWeight, uniformWeight, type WeightExpr } from "../weight.js";

/** Makes a parameter's numbers, of the sizes that it has and the random stream that belongs to it. */
export type Distribution = (dims: readonly number[], stream: string) => WeightExpr;

export interface Range {
  readonly low: number;
  readonly high: number;
}

export function normal(std: number): Distribution {
  const rounded = round(std);
  return (dims, stream) => normalWeight(dims, rounded, stream);
}

export function uniform({ low, high }: Range, factor = 1): Distribution {
  const [from, to] = [round(low * factor), round(high * factor)];
  return (dims, stream) => uniformWeight(dims, from, to, stream);
}

/** Mean of x² for x of U[low, high). */
export function meanSquare({ low, high }: Range): number {
  return (high ** 3 - low ** 3) / (3 * (high - low));
}

/** Mean of 1/x for x of U[low, high), both positive. */
export function meanInverse({ low, high }: Range): number {
  return Math.log(high / low) / (high - low);
}

/** Three digits: enough, the same on every machine (exp and log differ in their last digits), and easy to read. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
