type Clock = () => number;

let clock: Clock = () => performance.now();

/** Has the system's clock be read: the first use of `performance` loads some modules of Node.js. */
export function useSystemClock(system: Clock): void {
  clock = system;
}

/** Milliseconds, with fractions, since a moment that stays the same. */
export function milliseconds(): number {
  return clock();
}
