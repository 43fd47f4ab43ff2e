import { blockScopes } from "../../analysis/block-outputs.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { importBytes } from "../../files/models/open.js";
import { givenBytes } from "../../files/models/read.js";
import { importAssumed } from "../../given/onnx-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import { type Graph, parametersOf, usesType } from "../../ir/graph.js";
import { replaceParameters } from "../../ir/rewrite.js";
import { foreignProblems, type ImportedModel } from "../../onnx/decode/import.js";
import {
  argumentsAmong,
  replaceableNames,
  replaceInitializers,
  weightsOfGraph,
} from "../../onnx/decode/initializers.js";
import { withOwnIntegers } from "../../onnx/decode/own-integers.js";
import { isOnnx } from "../../onnx/file/names.js";
import type { Check } from "../../runtime/compare.js";
import { unevaluable } from "../../trials/evaluable.js";
import { inputShapes } from "../../trials/numbers.js";
import { quantizes } from "../../trials/quantized-runs.js";
import { stressed } from "../../trials/stressed.js";
import { hasSelections } from "../../trials/unstable-numbers.js";
import type { GivenModel } from "./given-model.js";
import type { VerifyOptions } from "./report.js";
import type { Findings, Subject, VerifyTarget } from "./round.js";

const NOTHING_FOUND: Findings = { gates: { image: [], effects: [] }, checks: [] };

/** A file as it is verified. */
export interface VerifiedFile {
  readonly target: VerifyTarget;
  /**
   * The same with the reference interpreter, for files that are compared with each other in ONNX Runtime alone: what is not right there may be
   * what rounding does, and the reference says which of the two is off.
   */
  readonly thorough?: () => VerifyTarget;
  readonly warnings: readonly Diagnostic[];
}

/**
 * An ONNX file: with its own weights and, where its operators can be evaluated, with stress weights. The
 * reference is then the interpreter over the decoded graph, unless another file is there to compare with. A file of other operators can only
 * be compared with the CPU or another file.
 *
 * Errors: `InputError` for such a file without another device or file, and for options that a file has no use for.
 */
export function fileTarget(
  given: GivenModel,
  other: GivenModel | undefined,
  options: VerifyOptions,
  note: (check: Check) => void,
): VerifiedFile {
  refuseUnusedFlags({ "a file is verified": true }, options);
  const imported = importAssumed(given.bytes, given.path, options);
  const { graph, notes: warnings } = imported;
  if (!canEvaluate(imported, given, options))
    return { target: comparedTarget(graph, given, other, options, note), warnings };
  const target = (evaluates: boolean): VerifyTarget =>
    evaluatedTarget(graph, given, other, options, note, evaluates);
  const alone = other !== undefined && options.perBlock !== true && !quantizes(graph);
  return { target: target(!alone), warnings, ...(alone ? { thorough: () => target(true) } : {}) };
}

/** A file that is only compared with what the options name. */
function comparedTarget(
  graph: Graph,
  given: GivenModel,
  other: GivenModel | undefined,
  { against }: VerifyOptions,
  note: (check: Check) => void,
): VerifyTarget {
  note({
    name: "reference",
    ok: true,
    detail: `${given.path} has operators that the reference interpreter does not know; it is compared with ${against} alone`,
  });
  const [inputs, subjects] = [inputShapes(graph), subjectsOf(given, other)];
  const last = other === undefined ? graph : importBytes(other.bytes, other.path).graph;
  const isCoarse = usesType(last, "float16");
  const selects = [graph, last].some(hasSelections);
  return {
    precision: isCoarse || usesType(graph, "float16") ? "float16" : "float32",
    rounds: 1,
    found: () => NOTHING_FOUND,
    round: () => ({
      ...{ weights: "own weights", reference: undefined, inputs, isCoarse, selects },
      ...{ blocks: [], subjects },
    }),
  };
}

function evaluatedTarget(
  graph: Graph,
  given: GivenModel,
  other: GivenModel | undefined,
  options: VerifyOptions,
  note: (check: Check) => void,
  /** Whether the reference says what both must compute; else they are compared with each other. */
  evaluates: boolean,
): VerifyTarget {
  const { seed = 0, inputValues } = options;
  const blocks = blockScopes(graph);
  const last = evaluates || other === undefined ? graph : importBytes(other.bytes, other.path).graph;
  const isCoarse = !evaluates && usesType(last, "float16");
  const selects = [graph, last].some(hasSelections);
  const all = { inputs: inputShapes(graph), ...{ isCoarse, selects, blocks } };
  return {
    precision: isCoarse || usesType(graph, "float16") ? "float16" : "float32",
    rounds: 2,
    found: () => NOTHING_FOUND,
    round(index) {
      if (index === 0) {
        const subjects = subjectsOf(given, other);
        return { weights: "own weights", reference: evaluates ? graph : undefined, ...all, subjects };
      }
      const reference = replaceable(stressed(graph, seed, { inputValues }), graph, given);
      const own = weightsOfGraph(reference, seed);
      const left = argumentsAmong(givenBytes(given.bytes, given.path), graph);
      const subjects = [given, other].flatMap((model): Subject[] => {
        if (model === undefined) return [];
        const bytes = replaceInitializers(givenBytes(model.bytes, model.path), own, left);
        const ok = bytes !== undefined;
        const detail = ok ? `${model.path} takes them` : `${model.path} has other weights, by name or shape`;
        note({ name: "stress weights", ok, detail });
        return ok ? [{ label: model.path, model: exactlySummed({ ...model, bytes }) ?? bytes }] : [];
      });
      return { weights: "stress weights", reference: evaluates ? reference : undefined, ...all, subjects };
    },
  };
}

/** A graph whose weights are those of the file where they can't be replaced in it. */
function replaceable(changed: Graph, own: Graph, { bytes, path: file }: GivenModel): Graph {
  const names = replaceableNames({ bytes, file });
  const originals = new Map(parametersOf(own).map((parameter) => [parameter.name, parameter]));
  return replaceParameters(changed, (parameter) =>
    names.has(parameter.name) ? parameter : (originals.get(parameter.name) ?? parameter),
  );
}

/** A model that ONNX Runtime can run with exact sums; undefined where the file itself is one. */
function exactlySummed({ bytes, path: file }: GivenModel): Uint8Array | undefined {
  return withOwnIntegers({ bytes, file });
}

function subjectsOf(given: GivenModel, other: GivenModel | undefined): readonly Subject[] {
  return [given, other].flatMap((each) =>
    each === undefined ? [] : [{ label: each.path, model: exactlySummed(each) ?? each.path }],
  );
}

/**
 * Whether every node of a file has a definition. Errors: `InputError` with those that have none, where there is nothing else to compare
 * the file with.
 */
function canEvaluate(
  { graph, foreign }: ImportedModel,
  { path }: GivenModel,
  { against = "reference", device = "cpu", perBlock = false }: VerifyOptions,
): boolean {
  const unknown = unevaluable(graph);
  if (unknown.size === 0) return true;
  const hasSecond = isOnnx(against) || (against === "cpu" && device !== "cpu");
  if (hasSecond && !perBlock) return false;
  const hint =
    "without the reference interpreter it can be compared with another file, --against FILE.onnx, or on another device with --against cpu";
  const noReference: Diagnostic = {
    code: "verify/no-reference",
    message: `the reference interpreter can't evaluate ${path}`,
    file: path,
    hint,
  };
  // Those that only read what such a node computes are not named, unless there are no others.
  const nodes = foreign.filter(({ node }) => unknown.has(node));
  const alone = nodes.some(({ hangs }) => !hangs) ? nodes : nodes.map((node) => ({ ...node, hangs: false }));
  throw new InputError([...foreignProblems({ foreign: alone }, path), noReference]);
}
