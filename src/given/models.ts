import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import { isOnnx } from "../onnx/file/names.js";
import { type Model, withModel } from "./model.js";

/** A network that a command is given, and the file that it is of. */
export type NamedModel = readonly [file: string, model: Model];

/**
 * Does something with several networks that a user names; all are open until it is done. Sizes of inputs are those of files, where one is
 * a file.
 *
 * Errors: one `InputError` with the problems of all of them.
 */
export function withModels<T>(
  files: readonly string[],
  options: NetworkOptions,
  act: (models: readonly NamedModel[]) => T,
): T {
  const opened = (at: number, models: readonly NamedModel[], problems: readonly Diagnostic[]): T => {
    const file = files[at];
    if (file === undefined) {
      if (problems.length > 0) throw new InputError(problems);
      return act(models);
    }
    let isOpen = false;
    try {
      return withModel(file, optionsOf(file, files, options), (model) => {
        isOpen = true;
        return opened(at + 1, [...models, [file, model]], problems);
      });
    } catch (error) {
      if (isOpen || !(error instanceof InputError)) throw error;
      return opened(at + 1, models, [...problems, ...error.diagnostics]);
    }
  };
  return opened(0, [], []);
}

/** The options of one of several networks: what is set is set in specs, where there are any. */
export function optionsOf<O extends NetworkOptions>(file: string, files: readonly string[], options: O): O {
  if (!files.some(isOnnx) || files.every(isOnnx)) return options;
  return isOnnx(file) ? { ...options, changes: undefined } : { ...options, inputShapes: undefined };
}
