import { countNetwork, type UncountedOperator } from "../../analysis/counts.js";
import { defined } from "../../base/defined.js";
import type { Diagnostic } from "../../base/diagnostic.js";
import { type NamedModel, withModels } from "../../given/models.js";
import { diffModels } from "../../reports/diff/diff-models.js";
import { type DiffOptions, type DiffReport, judged } from "./diff.js";
import { failOnOf } from "./fail-on.js";

/** The output of `ecagen diff --json` of more than two networks. */
export interface DiffsReport {
  /** In the order in which they are given. */
  readonly networks: readonly ComparedNetwork[];
  /** Each network but the first, compared with the first. */
  readonly diffs: readonly ComparedDiff[];
  /** Warnings: selections of the specs' passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** One of several diffs. */
export interface ComparedDiff extends Omit<DiffReport, "warnings"> {}

/** The numbers of one of several networks. */
export interface ComparedNetwork {
  readonly file: string;
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly buffers: number;
  readonly macs: number;
  /** The operators whose multiply-accumulates are missing in `macs`. */
  readonly uncounted?: readonly UncountedOperator[];
}

/**
 * Compares networks with the first of them, as `diff` does.
 *
 * Errors: `InputError` for wrong specs, files or options, with the problems of all of them.
 */
export function diffSeveral(files: readonly string[], options: DiffOptions = {}): DiffsReport {
  const failOn = options.failOn?.map(failOnOf);
  return withModels(files, options, (models) => {
    const [first, ...others] = models as readonly [NamedModel, ...NamedModel[]];
    return diffsReport(
      models,
      others.map((other) => judged(diffModels(first, other), failOn)),
    );
  });
}

/** What is reported of models and their diffs from the first. */
export function diffsReport(models: readonly NamedModel[], diffs: readonly DiffReport[]): DiffsReport {
  return {
    networks: models.map(numbersOf),
    diffs: diffs.map(({ warnings: _, ...diff }) => diff),
    warnings: models.flatMap(([, { warnings }]) => warnings),
  };
}

function numbersOf([file, { graph }]: NamedModel): ComparedNetwork {
  const { parameters, attentionParameters, buffers, macs, uncounted } = countNetwork(graph);
  return { file, parameters, attentionParameters, buffers, macs, ...defined({ uncounted }) };
}
