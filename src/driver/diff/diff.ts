import { type NamedModel, withModels } from "../../given/models.js";
import type { ModelsDiff } from "../../networks/diff-report.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { diffModels } from "../../reports/diff/diff-models.js";
import { type FailedCondition, failedConditions, failOnOf } from "./fail-on.js";

/** The output of `ecagen diff --json` of two networks. */
export interface DiffReport extends ModelsDiff {
  readonly a: string;
  readonly b: string;
  /** The conditions of `failOn` that hold; absent if none were given. */
  readonly failed?: readonly FailedCondition[];
}

export interface DiffOptions extends NetworkOptions {
  /** Conditions that fail the comparison: `parameters>+1%`, `macs>+0`, `attention-removed`. */
  readonly failOn?: readonly string[] | undefined;
}

/**
 * Compares the networks of two specs or ONNX files: counts, what changed block by block, and what is done to images. Specs are
 * compared by the scopes in them; blocks of a file are paired with those that they are most alike to.
 *
 * Errors: `InputError` for a wrong spec, file or option.
 */
export function diff(a: string, b: string, options: DiffOptions = {}): DiffReport {
  const failOn = options.failOn?.map(failOnOf);
  return withModels([a, b], options, (models) => {
    const [one, other] = models as readonly [NamedModel, NamedModel];
    return judged(diffModels(one, other), failOn);
  });
}

/** A diff with the conditions that hold of it. */
export function judged(report: DiffReport, failOn: ReturnType<typeof failOnOf>[] | undefined): DiffReport {
  return failOn === undefined ? report : { ...report, failed: failedConditions(failOn, report) };
}
