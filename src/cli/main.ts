import yargs from "yargs";
import { useSystemClock } from "../base/clock.js";
import { debugging } from "../base/debugging.js";
import { InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { packageVersion } from "../driver/command-line.js";
import { readableArguments, textAsGiven } from "./arguments.js";
import { commands } from "./commands/registry.js";
import { fail } from "./outcome.js";

const USAGE = `ecagen COMMAND

Compiles convolutional networks with channel attention from a JSON spec to ONNX, verifies, counts and compares them.
ecagen help COMMAND explains one of the commands. A spec or output that is - is standard input or output.`;

const args = readableArguments(process.argv.slice(2));
const NAMES = commands.map(({ command: usage }) => String(usage).split(" ")[0] ?? "");
useSystemClock(() => Number(process.hrtime.bigint()) / 1e6);
debugging.throughText = process.env.ECAGEN_TEXT_ROUNDTRIP === "1";

const cli = yargs(args)
  .scriptName("ecagen")
  .usage(USAGE)
  .command([...commands])
  .example("ecagen compile specs/b0-eca.json", "writes out/b0-eca.onnx")
  .example("ecagen verify specs/b0-eca.json", "proves that the ONNX file computes what the spec says")
  .example("ecagen run out/b0-eca.onnx cat.jpg", "runs it and shows the most probable classes")
  .example("ecagen diff specs/b0-se.json specs/b0-eca.json", "what the swap saves, block by block")
  .epilogue(
    "Exit codes: 0 success, 1 a check failed, 2 wrong input, 3 device not available, 70 a bug in ecagen.",
  )
  .demandCommand(1, 1, "name a command")
  .strict()
  .wrap(Math.min(110, process.stdout.columns || 110))
  .version(packageVersion())
  .help()
  .detectLocale(false)
  .alias("h", "help")
  .exitProcess(false)
  .fail((message, error) => {
    throw error instanceof InputError ? error : usageError(message ?? error?.message ?? "wrong usage");
  });

/** Done when the command has ended. It never rejects. */
export const ended = run();

async function run(): Promise<void> {
  try {
    if (args.at(-1) === "--help") refuseUnknownCommand();
    neverDrawUnasked(cli);
    await cli.parseAsync();
  } catch (error) {
    fail(args.includes("--json"), error);
  }
}

/**
 * yargs lays out a command's whole help, in a quarter of the time of a start, each time that it runs the command. If a later yargs has
 * other internals, a start takes longer.
 */
function neverDrawUnasked(program: object): void {
  const internals = (program as YargsInternals).getInternalMethods?.();
  Object.assign(internals?.getUsageInstance?.() ?? {}, { cacheHelpMessage: () => undefined });
}

/** Of yargs' own, what is not in its types. */
interface YargsInternals {
  readonly getInternalMethods?: () => { readonly getUsageInstance?: () => object };
}

/** yargs has help for any word. */
function refuseUnknownCommand(): void {
  if (unknownCommand() !== undefined) throw usageError("");
}

function usageError(message: string): InputError {
  const command = firstWord();
  const unknown = unknownCommand();
  const hint = unknown === undefined ? undefined : didYouMean(unknown, NAMES);
  const what = unknown === undefined ? textAsGiven(oneLine(message)) : `unknown command "${unknown}"`;
  return InputError.of("cli/usage", what, {
    hint:
      hint ??
      `ecagen ${command === undefined || unknown !== undefined ? "" : `${command} `}--help explains the usage`,
  });
}

function firstWord(): string | undefined {
  return args.find((arg) => !arg.startsWith("-"));
}

function unknownCommand(): string | undefined {
  const command = firstWord();
  return command === undefined || NAMES.includes(command) ? undefined : command;
}

/** yargs' messages have several lines, some of them empty. */
function oneLine(message: string): string {
  return message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}
