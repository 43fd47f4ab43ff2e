import { spareMemory } from "./spare-memory.js";
import { elementCount } from "./types.js";

/**
 * The elements of a tensor: a `Float64Array`, or a `Float32Array` where a run is to have the errors of float32. Whatever
 * is made from them has the same type, so that an op's definition serves both.
 */
export interface Numbers extends ArrayLike<number> {
  [index: number]: number;
  fill(value: number, start?: number, end?: number): Numbers;
  set(from: ArrayLike<number>, start?: number): void;
  subarray(start?: number, end?: number): Numbers;
  map(f: (value: number, index: number) => number): Numbers;
  forEach(f: (value: number, index: number) => void): void;
  every(f: (value: number, index: number) => boolean): boolean;
  findIndex(f: (value: number, index: number) => boolean): number;
  reduce<T>(f: (result: T, value: number, index: number) => T, start: T): T;
  [Symbol.iterator](): IterableIterator<number>;
}

/** A tensor of the reference interpreter, row-major; numbers of float16 are rounded to that. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Numbers;
}

const ARRAYS = { float32: Float32Array, float64: Float64Array };

/** Zeros of those sizes, of the element type of `like`. */
export function zeros(dims: readonly number[], { data }: Pick<Tensor, "data">): Tensor {
  const length = elementCount(dims);
  const type = data instanceof Float32Array ? "float32" : "float64";
  return { dims, data: spareMemory.take(type, length) ?? new ARRAYS[type](length) };
}

/** term(0) + … + term(count - 1). The partial sums are held as the elements of `like` are: in float32 each is rounded. */
export function runningSum(count: number, term: (index: number) => number, like: Numbers): number {
  let total = 0;
  if (like instanceof Float32Array) {
    for (let i = 0; i < count; i++) total = Math.fround(total + term(i));
  } else {
    for (let i = 0; i < count; i++) total += term(i);
  }
  return total;
}

/** Σᵢ a[i] · b[i], in partial sums as those of `runningSum`. */
export function innerProduct(a: Numbers, b: Numbers): number {
  let total = 0;
  if (a instanceof Float32Array) {
    for (let i = 0; i < a.length; i++) total = Math.fround(total + (a[i] as number) * (b[i] as number));
  } else {
    for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  }
  return total;
}

/** An element that must be there. */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`element ${index} of ${list.length}`);
  return element;
}

/** The sizes of a feature map. */
export function nchw(tensor: Tensor): [number, number, number, number] {
  const [n, c, h, w] = tensor.dims;
  if (n === undefined || c === undefined || h === undefined || w === undefined) {
    throw new RangeError(`a feature map has four sizes, got [${tensor.dims.join(", ")}]`);
  }
  return [n, c, h, w];
}
