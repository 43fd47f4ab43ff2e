/** Rounds to the nearest integer, ties to the even one, as Python's and NumPy's `round` do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The channel rounding of the MobileNet and EfficientNet implementations: the nearest multiple of `divisor`
 * (ties up, at least `divisor`), and one multiple more where that would lose over 1 - `roundLimit` of the value.
 */
export function makeDivisible(value: number, divisor: number, roundLimit = 0.9): number {
  const rounded = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return rounded < roundLimit * value ? rounded + divisor : rounded;
}
