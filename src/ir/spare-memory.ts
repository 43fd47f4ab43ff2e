type Floats = Float32Array | Float64Array;

/** Numbers of an array that is worth keeping. */
const LEAST_LENGTH = 2 ** 12;

/**
 * Arrays that an evaluation no longer needs, for its next tensors of the same type and size: new memory is given out by the system page
 * by page, and collected as garbage, which together took a tenth of the time. It is kept while `during` runs.
 */
class SpareMemory {
  #arrays: Map<string, Floats[]> | undefined;

  /** Runs `act`, and keeps what is given back in it until its end. */
  during<T>(act: () => T): T {
    if (this.#arrays !== undefined) return act();
    this.#arrays = new Map();
    try {
      return act();
    } finally {
      this.#arrays = undefined;
    }
  }

  /** Zeros of that type and length in memory that was given back, if there is any. */
  take(type: "float32" | "float64", length: number): Floats | undefined {
    return this.#arrays?.get(`${type}:${length}`)?.pop()?.fill(0);
  }

  /** Zeros of float64, in memory that was given back if there is any. */
  numbers(length: number): Float64Array {
    const known = this.take("float64", length);
    return known instanceof Float64Array ? known : new Float64Array(length);
  }

  /** Takes an array that is read no more. One that shares its memory with others is left alone. */
  giveBack(array: unknown): void {
    if (!(array instanceof Float64Array || array instanceof Float32Array)) return;
    const { buffer, byteLength, length } = array;
    if (length < LEAST_LENGTH || !(buffer instanceof ArrayBuffer) || byteLength !== buffer.byteLength) return;
    const key = `${array instanceof Float32Array ? "float32" : "float64"}:${length}`;
    const others = this.#arrays?.get(key);
    if (others === undefined) this.#arrays?.set(key, [array]);
    else others.push(array);
  }
}

export const spareMemory = new SpareMemory();
