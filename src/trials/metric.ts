import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InputError } from "../base/diagnostic.js";
import { withHandedOn } from "../files/handed-on.js";

const run = promisify(execFile);

/**
 * The last number that a program prints of a model, whose path it is given as its last argument.
 *
 * Errors: `InputError` where it fails or prints none.
 */
export function metricOf(command: string, model: Uint8Array): Promise<number> {
  return withHandedOn("model.onnx", model, async (path) => {
    const { stdout } = await run("sh", ["-c", `${command} "$1"`, "sh", path]).catch((error: unknown) => {
      throw metricFailed(command, error instanceof Error ? error.message : String(error));
    });
    const last = stdout.trim().split(/\s+/).at(-1) ?? "";
    const number = last === "" ? Number.NaN : Number(last);
    if (Number.isFinite(number)) return number;
    throw metricFailed(command, `it printed ${last === "" ? "nothing" : last}`);
  });
}

function metricFailed(command: string, why: string): InputError {
  const [line = ""] = why.split("\n").slice(-1);
  return InputError.of("rewrite/metric", `--metric ${command} gives no number: ${line || why}`, {
    hint: "the program gets the path of an ONNX file and prints a number, the larger the better",
  });
}
