/**
 * Descends along gradients with the usual moments. The rate falls to 0 as a cosine.
 *
 * Sources: Kingma and Ba, Adam (ICLR 2015), algorithm 1; Loshchilov and Hutter, SGDR (ICLR 2017), eq. 5.
 */
export class Adam {
  readonly #weights: readonly Float64Array[];
  readonly #steps: number;
  readonly #rates: readonly number[];
  readonly #first: readonly Float64Array[];
  readonly #second: readonly Float64Array[];
  #taken = 0;

  /**
   * @param weights what is changed, in place
   * @param steps how many there will be
   * @param rates how far each of the weights goes at first
   */
  constructor(weights: readonly Float64Array[], steps: number, rates: readonly number[]) {
    const zeros = (): readonly Float64Array[] => weights.map(({ length }) => new Float64Array(length));
    [this.#weights, this.#steps, this.#rates] = [weights, steps, rates];
    [this.#first, this.#second] = [zeros(), zeros()];
  }

  /** @param gradients at the weights as they are */
  step(gradients: readonly ArrayLike<number>[]): void {
    const taken = ++this.#taken;
    const left = 0.5 * (1 + Math.cos((Math.PI * (taken - 1)) / this.#steps));
    const [meanBias, squareBias] = [1 - MEAN ** taken, 1 - SQUARE ** taken];
    this.#weights.forEach((weights, tensor) => {
      const [m = NONE, v = NONE, g = NONE] = [this.#first[tensor], this.#second[tensor], gradients[tensor]];
      const rate = (this.#rates[tensor] ?? 0) * left;
      for (let i = 0; i < weights.length; i++) {
        const each = g[i] as number;
        m[i] = MEAN * (m[i] as number) + (1 - MEAN) * each;
        v[i] = SQUARE * (v[i] as number) + (1 - SQUARE) * each * each;
        const size = Math.sqrt((v[i] as number) / squareBias) + LEAST;
        weights[i] = (weights[i] as number) - (rate * (m[i] as number)) / meanBias / size;
      }
    });
  }
}

const MEAN = 0.9;
const SQUARE = 0.999;
/** Keeps what has no gradient where it is. */
const LEAST = 1e-12;
const NONE = new Float64Array();
