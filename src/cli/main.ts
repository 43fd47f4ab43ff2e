#!/usr/bin/env node
import yargs from "yargs";
import { debugging } from "../base/debugging.js";
import { InputError } from "../base/diagnostic.js";
import { didYouMean } from "../base/suggest.js";
import { packageVersion } from "../driver/command-line.js";
import { commands } from "./commands/registry.js";
import { fail } from "./outcome.js";

const USAGE = `ecagen COMMAND

Compiles convolutional networks with channel attention from a JSON spec to ONNX, verifies, counts and compares them.`;

const args = process.argv.slice(2);
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
    "Exit codes: 0 fine, 1 a check failed, 2 wrong input, 3 the device is not there, 70 a defect of ecagen.",
  )
  .demandCommand(1, 1, "which command?")
  .strict()
  .wrap(Math.min(110, process.stdout.columns || 110))
  .version(packageVersion())
  .help()
  .alias("h", "help")
  .exitProcess(false)
  .fail((message, error) => {
    throw error instanceof InputError ? error : usageError(message ?? error?.message ?? "wrong usage");
  });

try {
  await cli.parseAsync();
} catch (error) {
  fail(args.includes("--json"), error);
}

function usageError(message: string): InputError {
  const command = args.find((arg) => !arg.startsWith("-"));
  const names = commands.map(({ command: usage }) => String(usage).split(" ")[0] ?? "");
  const unknown = command !== undefined && !names.includes(command);
  const hint = unknown ? didYouMean(command, names) : undefined;
  return InputError.of("cli/usage", unknown ? `unknown command "${command}"` : oneLine(message), {
    hint: hint ?? `ecagen ${command === undefined || unknown ? "" : `${command} `}--help explains the usage`,
  });
}

/** yargs' messages have several lines, some of them empty. */
function oneLine(message: string): string {
  return message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}
