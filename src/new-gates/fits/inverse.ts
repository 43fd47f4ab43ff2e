/** How far from 0 an argument is looked for. */
const REACH = 20;

/** A part of the range that a value is kept from its ends: beyond it there is no argument, or any. */
const MARGIN = 1e-6;

/** Halvings of the way: what is left is less than float32 tells apart. */
const HALVINGS = 48;

/** The inverse of a function that grows from -20 to 20, as that of every gate does. What it does not reach is taken for what it nearly reaches. */
export function inverseOf(grows: (x: number) => number): (value: number) => number {
  const [least, most] = [grows(-REACH), grows(REACH)];
  const margin = MARGIN * (most - least);
  return (given) => {
    const value = Math.min(Math.max(given, least + margin), most - margin);
    let [low, high] = [-REACH, REACH];
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (grows(middle) < value) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
}
