import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import stringWidth from "string-width";
import * as assert from "uvu/assert";
import { inTemporaryFolder } from "../temporary-folder.js";

export interface TerminalSettings {
  readonly columns: number;
  /** The folder that the command runs in. */
  readonly cwd: string;
  /** The folder whose dist/ is run: that of the package. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What happens as soon as this was printed: a key is typed, or the process of ecagen gets a signal. */
  readonly at?: { readonly printed: RegExp; readonly type?: string; readonly kill?: NodeJS.Signals };
}

export interface TerminalRun {
  /** The command's exit code; 128 and the number of the signal that ended it. */
  readonly code: number;
  /** Everything that was sent to the terminal. */
  readonly printed: string;
  /** What a person then sees, and can scroll back to; lines that the terminal broke are whole again. */
  readonly lines: readonly string[];
}

/**
 * Runs a line of a shell under a pseudo-terminal, as a person types it: `ecagen` and `npx ecagen` are the built command line. Afterwards
 * the terminal is as before: the settings of its driver, its line wrap, its cursor and its colours.
 */
export function inTerminal(line: string, settings: TerminalSettings): Promise<TerminalRun> {
  const { columns, cwd, root = ".", env = {}, at } = settings;
  return inTemporaryFolder(async (folder) => {
    const file = (name: string): string => join(folder, name);
    const read = (name: string): string => readFileSync(file(name), "utf8").trim();
    const program = (name: string, text: string): void => {
      writeFileSync(file(name), `#!/bin/sh\n${text}\n`);
      chmodSync(file(name), 0o755);
    };
    mkdirSync(file("bin"));
    program(
      "bin/ecagen",
      `echo $$ >> ${file("pid")}; exec ${process.execPath} ${resolve(root)}/dist/cli.js "$@"`,
    );
    program("bin/npx", `exec "$@"`);
    writeFileSync(file("line"), line);
    // The shell itself outlives Ctrl-C, which goes to all processes of the terminal.
    program(
      "session",
      `trap : INT
stty cols ${columns} rows ${ROWS}
stty -a > ${file("before")}
sh ${file("line")}
echo $? > ${file("code")}
stty -a > ${file("after")}`,
    );

    const script = spawn("script", ["--quiet", "--command", file("session"), "/dev/null"], {
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        NO_COLOR: undefined,
        CI: undefined,
        TERM: "xterm-256color",
        PATH: `${file("bin")}:${process.env.PATH}`,
        ...env,
      },
    });
    let printed = "";
    let waiting = at;
    script.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (waiting?.printed.test(printed) !== true) return;
      if (waiting.type !== undefined) script.stdin.write(waiting.type);
      if (waiting.kill !== undefined) process.kill(Number(read("pid").split("\n").at(-1)), waiting.kill);
      waiting = undefined;
    });
    await new Promise((resolve, reject) => script.on("close", resolve).on("error", reject));

    const screen = new Screen(columns, ROWS);
    screen.write(printed);
    assert.is(waiting, undefined, `${line} never printed ${at?.printed}, but ${printed}`);
    assert.is(read("after"), read("before"), `the terminal's settings after ${line}`);
    assert.equal(screen.leftBehind(), [], `the terminal after ${line}`);
    return { code: Number(read("code")), printed, lines: screen.lines() };
  });
}

const ROWS = 24;

export const ESC = "\x1b";

/** A control sequence, or one character. */
const PARTS = new RegExp(`${ESC}(?:\\[[\\d;?]*[ -/]*[@-~]|.)|[^${ESC}]`, "gsu");
const SEQUENCE = new RegExp(`^${ESC}\\[(.*)(.)$`, "s");

/** The modes that a terminal has of itself: line wrap and cursor on. Those that no program here may touch are unknown to it. */
const MODES_AS_FOUND = new Map([
  ["?7", "h"],
  ["?25", "h"],
]);

/** As much of a terminal as ecagen needs: text that wraps, the cursor's column, cleared lines, colours, modes. Anything else is an error. */
export class Screen {
  readonly #columns: number;
  readonly #rows: number;
  /** Each row's cells, those that scrolled off included; `wrapped`: that it goes on in the next. */
  readonly #text: { cells: string[]; wrapped: boolean }[] = [{ cells: [], wrapped: false }];
  #cursor = { row: 0, column: 0 };
  #saved = { row: 0, column: 0 };
  #modes = new Map(MODES_AS_FOUND);
  #coloured = false;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  write(text: string): void {
    for (const [part] of text.matchAll(PARTS)) this.#take(part);
  }

  lines(): readonly string[] {
    const lines: string[] = [];
    let begun = "";
    for (const { cells, wrapped } of this.#text) {
      begun += Array.from(cells, (cell) => cell ?? " ").join("");
      if (wrapped) continue;
      lines.push(begun.trimEnd());
      begun = "";
    }
    return lines;
  }

  /** The modes that are not as they were found; `m` where a colour goes on. */
  leftBehind(): readonly string[] {
    const modes = [...this.#modes].filter(([mode, state]) => MODES_AS_FOUND.get(mode) !== state);
    return [...modes.map((each) => each.join("")), ...(this.#coloured ? ["m"] : [])];
  }

  #take(part: string): void {
    const [, numbers = "", command = ""] = SEQUENCE.exec(part) ?? [];
    if (part === "\n") this.#lineFeed();
    else if (part === "\r") this.#cursor.column = 0;
    else if (part === "\x1b7") this.#saved = { ...this.#cursor, row: this.#cursor.row - this.#top() };
    else if (part === "\x1b8") this.#cursor = { ...this.#saved, row: this.#saved.row + this.#top() };
    else if (command === "G") this.#cursor.column = Number(numbers) - 1;
    else if (command === "K") this.#clear(numbers);
    else if (command === "m") this.#coloured = !["", "0", "22", "39"].includes(numbers);
    else if (MODES_AS_FOUND.has(numbers)) this.#modes.set(numbers, command);
    else if (/\p{Cc}/u.test(part)) throw new Error(`the terminal got ${JSON.stringify(part)}`);
    else this.#put(part);
  }

  #put(character: string): void {
    if (this.#cursor.column + stringWidth(character) > this.#columns) {
      if (this.#modes.get("?7") === "l") return;
      this.#row().wrapped = true;
      this.#lineFeed();
      this.#cursor.column = 0;
    }
    this.#row().cells[this.#cursor.column] = character;
    for (let next = 1; next < stringWidth(character); next++)
      this.#row().cells[this.#cursor.column + next] = "";
    this.#cursor.column += stringWidth(character);
  }

  #clear(part: string): void {
    const row = this.#row();
    if (part === "2") row.cells = [];
    else if (part === "" || part === "0") row.cells.length = Math.min(row.cells.length, this.#cursor.column);
    else throw new Error(`the terminal was told to clear part ${part} of a line`);
    row.wrapped = false;
  }

  #lineFeed(): void {
    this.#cursor.row++;
    this.#row();
  }

  #row(): { cells: string[]; wrapped: boolean } {
    while (this.#text.length <= this.#cursor.row) this.#text.push({ cells: [], wrapped: false });
    return this.#text[this.#cursor.row] as { cells: string[]; wrapped: boolean };
  }

  /** The row at the top of the screen; those above have scrolled off. */
  #top(): number {
    return Math.max(0, this.#text.length - this.#rows);
  }
}
