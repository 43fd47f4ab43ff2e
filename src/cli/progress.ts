import { oneVisibleLine } from "../base/visible-text.js";
import { print } from "./print.js";
import { cut } from "./wrap.js";

/** How work goes on, on stderr: a bar where that is a terminal, a line every few seconds elsewhere, as in a log of CI. */
export interface Progress {
  /** `part`: from 0 to 1. */
  update(message: string, part: number): void;
  /** Writes lines on stderr, above the bar. */
  print(lines: string): void;
  stop(): void;
}

/** Between two lines where there is no bar. Work that is over sooner prints none. */
export const SECONDS_BETWEEN_LINES = 5;

/** Columns of the bar in a wide terminal; in a narrow one it takes a quarter, and the rest is the message's. */
const WIDEST_BAR = 40;

/** Shows how some work goes on, until it ends. */
export async function withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = await startProgress();
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

async function startProgress(): Promise<Progress> {
  if (!process.stderr.isTTY || process.env.TERM === "dumb") return progressLines();
  const { default: cliProgress } = await import("cli-progress");

  /** One line that no terminal of so many columns wraps: the last column stays empty. */
  const line = (columns: number, part: number, message: string): string => {
    const size = Math.min(WIDEST_BAR, Math.floor(columns / 4));
    const done = Math.round(size * part);
    const head = `${"█".repeat(done)}${"░".repeat(size - done)} ${Math.floor(100 * part)} % `;
    return cut(`${head}${oneVisibleLine(message)}`, columns - 1);
  };

  let shown = { message: "", part: 0 };
  const bar = new cliProgress.SingleBar({
    format: (_options, { progress, maxWidth }, { message }: typeof shown) =>
      line(maxWidth, progress, message),
    stream: process.stderr,
    clearOnComplete: true,
    // The terminal's modes stay as they are: Ctrl-C, or anything else that ends this process, leaves nothing to put right.
    hideCursor: false,
    linewrap: true,
  });
  const start = (): void => bar.start(1, shown.part, { message: shown.message });
  start();
  return {
    update(message, part) {
      shown = { message, part };
      bar.update(part, { message });
    },
    print(lines) {
      bar.stop();
      print("stderr", lines);
      start();
    },
    stop: () => bar.stop(),
  };
}

/**
 * Lines as `34 % writing weights`, at least so many seconds apart. A timer prints them where work waits; where it computes without a pause, the
 * next news does.
 */
export function progressLines(
  write: (line: string) => void = (line) => print("stderr", line),
  now: () => number = Date.now,
): Progress {
  const interval = 1000 * SECONDS_BETWEEN_LINES;
  let printed = now();
  let shown: { readonly message: string; readonly part: number } | undefined;
  const line = (): void => {
    if (shown === undefined || now() - printed < interval) return;
    printed = now();
    write(`${Math.floor(100 * shown.part)} % ${oneVisibleLine(shown.message)}\n`);
  };
  const timer = setInterval(line, interval).unref();
  return {
    update(message, part) {
      shown = { message, part };
      line();
    },
    print: write,
    stop: () => clearInterval(timer),
  };
}
