import { join } from "node:path";
import { CheckError, type Diagnostic, InputError } from "../../base/diagnostic.js";
import { startRuntime } from "../../runtime/session.js";

/**
 * Has ONNX Runtime load a rewritten file that is not run. One whose original it refuses too may be for another
 * runtime: that is a warning.
 *
 * Errors: `CheckError` where it takes the original and refuses the rewritten file.
 */
export async function loadRewrite(
  file: string,
  write: (path: string) => Promise<void>,
): Promise<readonly Diagnostic[]> {
  const runtime = await startRuntime();
  try {
    const rewritten = join(runtime.scratch, "rewritten.onnx");
    await write(rewritten);
    const refused = await refusal(() => runtime.open(rewritten, {}, "the rewritten file"));
    if (refused === undefined) return [];
    if ((await refusal(() => runtime.open(file))) === undefined) {
      throw new CheckError([{ code: "rewrite/refused", message: refused }]);
    }
    return [
      {
        code: "rewrite/not-loaded",
        message: `${refused}; it refuses ${file} as well, so nothing has loaded what is written`,
      },
    ];
  } finally {
    runtime.close();
  }
}

/** Why ONNX Runtime refuses; undefined where it doesn't. */
async function refusal(open: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await open();
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}
