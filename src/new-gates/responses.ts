/**
 * What a gate does with some images: per image n and channel c, at n·channels + c, for a gate with operand x and result
 * y, both [N, C, H, W].
 */
export interface GateResponses {
  readonly images: number;
  readonly channels: number;
  /** The mean of x over H and W. */
  readonly squeeze: Float64Array;
  /** The mean of x² over H and W: how much an error of the response moves the result. */
  readonly power: Float64Array;
  /**
   * Σ x·y / Σ x² over H and W: the number that the gate multiplies the channel by, or comes nearest to multiplying it by where
   * it has a number for each place. 0, with no power, where x is zero everywhere.
   */
  readonly response: Float64Array;
}

/** The mean response of each channel over those images in which it is not zero everywhere; 1 where it always is. */
export function meanResponses({ images, channels, power, response }: GateResponses): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => {
    let [sum, seen] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      if (power[at] === 0) continue;
      sum += response[at] as number;
      seen++;
    }
    return seen === 0 ? 1 : sum / seen;
  });
}
