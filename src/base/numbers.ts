// Numbers as people read them.

/** `5,288,548`. Not by `toLocaleString`, whose tables take 10 ms to load. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `+1,024`, `-636,464`, `0` */
export function signedCount(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value);
}

/** `385.2 M`, `37.7 G`: multiply-accumulates in the units of the field. */
export function macs(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : count(value);
}
