import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { ExportOptions } from "../networks/export.js";
import type { WeightsOptions } from "../networks/load-weights.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import { OPSETS } from "../onnx/file/opset.js";

/** The options that can have no use where others are as they are. */
type FlagOptions = Pick<NetworkOptions, "passes" | "resolution" | "inputShapes" | "changes"> &
  WeightsOptions &
  ExportOptions & {
    readonly variantWeights?: readonly string[] | undefined;
    readonly inserts?: readonly string[] | undefined;
    readonly preprocessing?: string | undefined;
    readonly minScore?: number | undefined;
    readonly fitSteps?: number | undefined;
    readonly inputValues?: readonly string[] | undefined;
  };

/** Whether a flag is given. The command line gives some always, so that what they are by default says nothing. */
const IS_GIVEN = {
  passes: ({ passes }) => passes !== undefined,
  set: ({ changes }) => (changes?.set ?? []).length > 0,
  insert: ({ inserts = [] }) => inserts.length > 0,
  resolution: ({ resolution }) => resolution !== undefined,
  "input-shape": ({ inputShapes = [] }) => inputShapes.length > 0,
  weights: ({ weights }) => weights !== undefined,
  "variant-weights": ({ variantWeights }) => variantWeights !== undefined,
  batch: ({ batch }) => batch !== undefined,
  seed: ({ seed }) => seed !== undefined && seed !== 0,
  names: ({ names }) => names !== undefined,
  "names-map": ({ namesMap }) => namesMap !== undefined,
  "adapt-input": ({ adaptInput }) => adaptInput === true,
  "weights-key": ({ weightsKey }) => weightsKey !== undefined,
  "allow-missing": ({ allowMissing }) => allowMissing !== undefined,
  "allow-other-settings": ({ allowOtherSettings }) => allowOtherSettings === true,
  opset: ({ opset }) => opset !== undefined && opset !== OPSETS.default,
  target: ({ target }) => target !== undefined && target !== "portable",
  threads: ({ threads }) => threads !== undefined,
  "keep-bn": ({ keepBatchNorm }) => keepBatchNorm === true,
  precision: ({ precision }) => precision === "fp16",
  "fp16-io": ({ halfIo }) => halfIo === true,
  preprocessing: ({ preprocessing }) => preprocessing !== undefined,
  "min-score": ({ minScore }) => minScore !== undefined,
  "fit-steps": ({ fitSteps }) => fitSteps !== undefined,
  input: ({ inputValues = [] }) => inputValues.length > 0,
} as const satisfies Readonly<Record<string, (options: FlagOptions) => boolean>>;

type Flag = keyof typeof IS_GIVEN;

/** What a message names. */
interface Subject {
  /** The model, as the user calls it. */
  readonly model?: string;
  /** What program is asked for: `--lang ts`, `--templates`. */
  readonly program?: string;
}

interface Case {
  readonly flags: readonly Flag[];
  /** The message after the flag. */
  says(subject: Subject): string;
  readonly hint?: string;
}

const READING: readonly Flag[] = [
  ...["names-map", "adapt-input", "weights-key"],
  ...["allow-missing", "allow-other-settings"],
] as const satisfies readonly Flag[];
const EXPORT: readonly Flag[] = ["opset", "target", "threads", "keep-bn", "precision", "fp16-io"];
const COMPILING: readonly Flag[] = [
  ...["passes", "set", "insert", "weights", "batch", "names"],
  ...READING,
  ...EXPORT,
] as const satisfies readonly Flag[];

const withoutWeights = (): string =>
  "changes nothing: it is about trained weights, and there are no --weights";

/** Every case in which flags have no use, and what is said of them. */
const CASES = {
  "a file is verified": {
    flags: COMPILING,
    says: () => "is about compiling a spec; an ONNX file is verified as it is",
  },
  "a file is run": {
    flags: ["weights", "names", ...READING, "passes", "set", "seed"],
    says: ({ model }) => `is about compiling a spec; ${model} is an ONNX file, which is run as it is`,
  },
  "a program runs a file": {
    flags: COMPILING,
    says: ({ model }) => `is about compiling a spec; the program runs ${model} as it is`,
  },
  "a file is no spec": {
    flags: ["set"],
    says: ({ model }) => `is about fields of specs; ${model} is an ONNX file`,
    hint: "ecagen rewrite changes ONNX files",
  },
  "a file has its weights": {
    flags: ["weights"],
    says: ({ model }) => `is about specs; ${model} has its own`,
  },
  "a file has its size": {
    flags: ["resolution"],
    says: ({ model }) =>
      `is about specs, and files with an open height and width; those of ${model} are fixed`,
    hint: "a spec's network can be built at another size",
  },
  "a spec has its sizes": {
    flags: ["input-shape"],
    says: ({ model }) => `is about ONNX files; ${model} is a spec, which has its sizes`,
    hint: "--resolution takes another height and width",
  },
  "a program without a model": {
    flags: EXPORT,
    says: ({ program }) => `changes nothing: programs of ${program} have no ONNX file`,
    hint: "ecagen compile makes one",
  },
  "no target with threads": {
    flags: ["threads"],
    says: () => "changes nothing: only the target cpu depends on the number of threads, and that in float32",
    hint: "--target cpu --threads 2",
  },
  "a module": { flags: ["batch"], says: () => "changes nothing: a module takes any batch" },
  "a program without weights": {
    flags: ["weights", "names", "seed", ...READING],
    says: ({ program }) => `changes nothing: programs of ${program} have no weights`,
  },
  "no weights": { flags: ["names", ...READING], says: withoutWeights },
  "no weights, but names": { flags: READING, says: withoutWeights },
  "a fresh module": {
    flags: ["seed"],
    says: () => "changes nothing: the numbers that a module starts from are PyTorch's",
  },
  "a program holds a file": {
    flags: ["seed", "variant-weights"],
    says: ({ model }) => `changes nothing: the program runs ${model} as it is`,
  },
  "no picture": {
    flags: ["preprocessing"],
    says: () => "is about images, and none is given: arrays go in as they are",
  },
  "nothing is run": {
    flags: ["input"],
    says: () => "is about comparing what is written with the original, and nothing is run",
    hint: "with -o, and without --no-verify, the two are compared",
  },
  "nothing is fitted": {
    flags: ["fit-steps"],
    says: () => "is about gates that are fitted, and none is",
    hint: "--new-gates fit --calibrate IMAGES",
  },
  "no detector": {
    flags: ["min-score"],
    says: () => "is about what a detector finds in one picture, and there is none",
    hint: "a detector has outputs boxes [D, 4], scores [D] and labels [D], these of integers",
  },
} as const satisfies Readonly<Record<string, Case>>;

/**
 * Refuses the flags that have no use in the cases that hold: what a user asks for must not be passed over in silence.
 *
 * Errors: `InputError` with each of them.
 */
export function refuseUnusedFlags(
  cases: { readonly [N in keyof typeof CASES]?: boolean },
  options: FlagOptions,
  subject: Subject = {},
): void {
  const problems = Object.entries<Case>(CASES).flatMap(([name, { flags, says, hint }]) => {
    if (cases[name as keyof typeof CASES] !== true) return [];
    return flags
      .filter((flag) => IS_GIVEN[flag](options))
      .map((flag): Diagnostic => ({ code: "flag/unused", message: `--${flag} ${says(subject)}`, hint }));
  });
  if (problems.length > 0) throw new InputError(problems);
}
