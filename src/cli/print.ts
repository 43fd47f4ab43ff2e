import { EXIT_CODES } from "../base/diagnostic-codes/family.js";
import { visibleText } from "../base/visible-text.js";

/**
 * The one way to stdout and stderr. Names, paths and lines of files are printed as they are everywhere else; what a terminal would
 * obey in them is made visible here, and only colours that `coloured` marked become escape sequences.
 */
export function print(stream: "stdout" | "stderr", text: string): void {
  process[stream].write(visibleText(text).replaceAll(MARK, ESC));
}

/** A text in a colour, as one of picocolors' functions makes it, that `print` lets through. */
export function coloured(colour: (text: string) => string, text: string): string {
  return colour(visibleText(text)).replaceAll(ESC, MARK);
}

/** A text without its marks, as wide as the terminal shows it. */
export function withoutColours(text: string): string {
  return text.includes(MARK) ? text.replaceAll(COLOUR, "") : text;
}

const ESC = "\x1b";

/** Stands for ESC in this process alone: no text of a file can have it. */
const MARK = `<ESC ${Math.random().toString(36).slice(2)}>`;
const COLOUR = new RegExp(`${MARK}\\[\\d+m`, "g");

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // Output that is cut short (`ecagen stats ... | head`) is no error: the command goes on to its end, and its exit code is true.
    if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return;
    if (stream === process.stdout)
      print("stderr", `error: what is printed can't be written: ${message} [file/unwritable]\n`);
    process.exit(EXIT_CODES.refused);
  });
}
