import { milliseconds } from "./clock.js";
import { CheckError } from "./diagnostic.js";

/** The moment by which work must be done (`--timeout`). Without seconds there is none. */
export class Deadline {
  readonly #seconds: number | undefined;
  readonly #end: number;

  constructor(seconds?: number) {
    this.#seconds = seconds;
    this.#end = seconds === undefined ? Number.POSITIVE_INFINITY : milliseconds() + 1000 * seconds;
  }

  /** Milliseconds that are left: infinite without a deadline, never negative. */
  get remaining(): number {
    return Math.max(0, this.#end - milliseconds());
  }

  /** Errors: `CheckError` where the time is over. `doing`: what goes on, as `running b0.onnx`. */
  check(doing: string): void {
    if (this.remaining === 0) throw this.missed(doing);
  }

  missed(doing: string): CheckError {
    const message = `not done after ${this.#seconds} seconds, while ${doing}`;
    return new CheckError([
      { code: "run/timeout", message, hint: "give it more time with --timeout, or less to do" },
    ]);
  }
}
