import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";

/** `-o -`: the model's bytes go to standard output, and nothing else does. */
const STREAM = "-";

interface OutputFlags {
  readonly output?: string | undefined;
  readonly json: boolean;
  readonly "external-data"?: boolean | undefined;
}

/** Refuses what can't be on standard output beside a model. Errors: `InputError` with all of it. */
export function refuseStreamed({ output, json, ...flags }: OutputFlags): void {
  if (output !== STREAM) return;
  const problems: readonly Diagnostic[] = [
    ...(process.stdout.isTTY ? [refusal("that is a terminal")] : []),
    ...(json ? [refusal("--json prints a document there, too")] : []),
    ...(flags["external-data"] === true ? [refusal("--external-data makes two files")] : []),
  ];
  if (problems.length > 0) throw new InputError(problems);
}

function refusal(why: string): Diagnostic {
  return {
    code: "file/stream",
    message: `-o - writes the model to standard output, and ${why}`,
    hint: "name a file: -o OUT.onnx",
  };
}

/** Where a command prints what it did. */
export function textBeside({ output }: { readonly output?: string }): "stdout" | "stderr" {
  return output === STREAM ? "stderr" : "stdout";
}

/** The output as people call it. */
export function outputText({ output }: { readonly output?: string }): string {
  return output === STREAM || output === undefined ? "standard output" : oneVisibleLine(output);
}

/** A page that goes to standard output, or what is said of the file that has it. */
export function pageText(html: string, output: string | undefined): string {
  return output === undefined ? html : `${oneVisibleLine(output)}: ${count(Buffer.byteLength(html))} bytes\n`;
}
