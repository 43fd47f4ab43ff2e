import { InputError } from "../../base/diagnostic.js";
import { openModel } from "../../files/models/open.js";
import type { Batch } from "../../networks/export.js";
import { otherSizes } from "../../networks/input-sizes.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import type { Sizes } from "../../onnx/file/value-info.js";
import { runPasses } from "../../passes/engine/manager.js";
import { encode, lower, type RewriteTask, type SizedModel } from "./encode.js";
import { hooksOf, leadingTidy, planRewrite, type RewriteHooks, type RewritePlan } from "./plan.js";
import { sameParts } from "./same-parts.js";

/**
 * Whether a file's open height and width stay symbols while passes run: where these only tidy up, and so need no sizes, but must not
 * take an assumed one for the file's.
 */
export function staysOpen({ imported, invocations, options }: RewriteTask): boolean {
  const { precision, newGates = "init", calibrate } = options;
  const onlyTidy = invocations.length > 0 && leadingTidy(invocations).length === invocations.length;
  const isRun = precision === "fp16" || newGates !== "init" || calibrate !== undefined;
  return imported.taken !== undefined && onlyTidy && !isRun;
}

/** Does something with a file whose open sizes are symbols. */
export async function withOpenSizes<T>(
  task: RewriteTask,
  act: (task: RewriteTask) => Promise<T>,
): Promise<T> {
  const { file, imported: assumed } = task;
  const open = openModel(file, assumed.sizes);
  try {
    const { declared, notes, sizes } = assumed;
    return await act({ ...task, imported: { ...open, declared, notes, sizes }, assumed });
  } finally {
    open.close();
  }
}

/** The plan of a task; of one with open sizes what is written follows from these, and all else from the assumed ones. */
export function planTask({ imported, assumed, invocations }: RewriteTask, hooks: RewriteHooks): RewritePlan {
  if (assumed === undefined) return planRewrite(imported, invocations, hooks);
  const {
    graph: after,
    reports,
    warnings,
  } = runPasses(imported.graph, invocations, hooksOf(imported, hooks.hooks));
  const plan = planRewrite(assumed, invocations, { found: hooks.found });
  return { ...plan, after, counted: plan.after, reports, warnings };
}

/**
 * Rewrites the file once more with other numbers for the sizes that it leaves open. Errors: `InputError`
 * where that gives another file: it would hold for one size only.
 */
export function refuseSized({ file, imported, invocations, options }: RewriteTask): void {
  const { taken = {}, declared } = imported;
  const inputs = declared.inputs.map(({ name, type: { dims } }) => ({ name, dims }));
  const moved = otherSizes(inputs, taken);
  const parts = (model: SizedModel): ModelParts => {
    const { after } = planRewrite(model, invocations);
    return encode(lower(after, model, options).graph, { imported: model, invocations, options });
  };
  const other = openModel(file, { ...imported.sizes, ...moved });
  try {
    if (sameParts(parts(imported), parts({ ...other, declared, taken: moved, sizes: imported.sizes })))
      return;
  } catch (error) {
    // Passes that fit one size and not the other.
    if (!(error instanceof InputError)) throw error;
  } finally {
    other.close();
  }
  const open = Object.keys(taken).join(", ");
  throw InputError.of(
    "rewrite/open-size",
    `the passes would make a network for one size of its maps, and ${file} leaves ${open} open`,
    {
      file,
      hint: "export it with a fixed height and width; swaps of gates by one-dimensional ones, as ECA, and by SE need none",
    },
  );
}

/**
 * The symbols of the inputs' first sizes, fixed; none of them for a batch that stays open. Inputs without such a symbol have no batch.
 * Errors: `InputError` where no batch is open and it is another one.
 */
export function batchSizes(file: string, batch: Batch): Sizes {
  const open = openModel(file);
  open.close();
  const { inputs } = open.graph;
  const symbols = inputs.flatMap(({ type: { dims } }) => (typeof dims[0] === "string" ? [dims[0]] : []));
  const fixed = inputs.find(({ type: { dims } }) => dims[0] !== undefined && dims[0] !== batch);
  if (symbols.length === 0 && fixed !== undefined) {
    const text = `the input ${fixed.name} has a batch of ${fixed.type.dims[0]}, which can't become ${batch}`;
    throw InputError.of("rewrite/batch", text);
  }
  return batch === "dynamic" ? {} : Object.fromEntries(symbols.map((symbol) => [symbol, batch]));
}
