import { countNetwork, type NetworkCounts } from "../analysis/counts.js";
import { CheckError, type Diagnostic } from "../base/diagnostic.js";
import { count, signedCount } from "../base/numbers.js";
import type { LoadedSpec } from "../language/load.js";
import type { SpecNetwork } from "./spec-network.js";

/** A published number against the counted one. */
export interface ExpectationCheck {
  readonly name: string;
  readonly expected: number;
  readonly actual: number;
  readonly ok: boolean;
}

const EXPECTED = ["parameters", "attentionParameters", "macs", "productMacs"] as const;

/** Errors: `CheckError` with every number of the spec's `expect` that its network does not have. */
export function refuseMissedExpectations({ spec, declared }: Pick<SpecNetwork, "spec" | "declared">): void {
  const failed = expectationDiagnostics(spec, checkExpectations(spec, countNetwork(declared)));
  if (failed.length > 0) throw new CheckError(failed);
}

/** Compares the numbers in the spec's `expect` with the counts; one check for each number that is there. */
export function checkExpectations(spec: LoadedSpec, counts: NetworkCounts): readonly ExpectationCheck[] {
  return EXPECTED.flatMap((key) => {
    const expected = spec.resolved.expect[key];
    if (expected === undefined) return [];
    const { [key]: actual = 0 } = counts;
    return [{ name: `expect.${key}`, expected, actual, ok: expected === actual }];
  });
}

/** The failed ones, with their place in the spec. */
export function expectationDiagnostics(
  spec: LoadedSpec,
  checks: readonly ExpectationCheck[],
): readonly Diagnostic[] {
  return checks
    .filter((check) => !check.ok)
    .map(({ name, expected, actual }) => {
      const path = name.split(".");
      return {
        code: "spec/expectation",
        message: `the spec expects ${count(expected)} ${path[1]}, the network has ${count(actual)} (${signedCount(actual - expected)})`,
        path,
        range: spec.document.locate(path),
        hint: "correct the network, or the number in `expect`",
      };
    });
}
