import type { Case, FailedWork, FileCase, MutantCase, Outcome, RefusedFile, SpecCase } from "./cases.js";
import { MUTATION_KINDS } from "./mutations.js";

/** A case that was not judged as it should be, as the result keeps it: what to repeat, and what was said. */
export interface Exception {
  readonly of: string;
  readonly said: string;
  readonly why: readonly string[];
}

export interface RightOnes {
  readonly verified: number;
  readonly right: number;
  readonly wrong: number;
  readonly undecided: number;
  /** The largest tolerance over measured float32 error. */
  readonly largestRatio: number | null;
  readonly exceptions: readonly Exception[];
}

/** Mutants by whether their outputs moved by more than the tolerance. */
export interface Kills {
  readonly made: number;
  readonly moved: number;
  /** Of those that moved: found wrong. */
  readonly failed: number;
}

export interface MutantSummary extends Kills {
  readonly byKind: Readonly<Record<string, Kills>>;
  /** Of those whose outputs moved by more than the tolerance with other images, too. */
  readonly elsewhere: Kills;
  /** Found wrong by other weights or a check, although the outputs moved less. */
  readonly failedBesides: number;
  /** Right files beside them that were called wrong. */
  readonly falseAlarms: number;
  readonly largestRatio: number | null;
  /** Those that moved and were not found wrong, and right files that were not found right. */
  readonly exceptions: readonly Exception[];
}

/** The result of a survey, as docs/verification-survey.json keeps it. */
export interface Summary {
  readonly specs: RightOnes;
  readonly files: RightOnes & {
    readonly networks: number;
    readonly refused: readonly Pick<RefusedFile, "file" | "by" | "why">[];
  };
  readonly mutants: { readonly specs: MutantSummary; readonly networks: MutantSummary };
  readonly failed: readonly Pick<FailedWork, "work" | "why">[];
}

export function summarize(cases: readonly Case[]): Summary {
  const specs = cases.filter((each): each is SpecCase => each.part === "spec");
  const files = cases.filter((each): each is FileCase => each.part === "file");
  const refused = cases.filter((each): each is RefusedFile => each.part === "refused");
  const mutants = cases.filter((each): each is MutantCase => each.part === "mutant");
  return {
    specs: rightOnes(specs, ({ seed }) => `spec ${seed}`),
    files: {
      networks: new Set(files.map(({ file }) => file.replace(/-\d+$/, ""))).size,
      ...rightOnes(files, ({ file }) => file),
      refused: refused.map(({ file, by, why }) => ({ file, by, why })),
    },
    mutants: {
      specs: mutantSummary(mutants.filter(({ of }) => of.startsWith("spec "))),
      networks: mutantSummary(mutants.filter(({ of }) => !of.startsWith("spec "))),
    },
    failed: cases.flatMap((each) => (each.part === "failed" ? [{ work: each.work, why: each.why }] : [])),
  };
}

function rightOnes<T extends Outcome>(cases: readonly T[], nameOf: (each: T) => string): RightOnes {
  const count = (said: string): number => cases.filter((each) => each.said === said).length;
  return {
    verified: cases.length,
    right: count("right"),
    wrong: count("wrong"),
    undecided: count("undecided"),
    largestRatio: largestRatio(cases),
    exceptions: cases
      .filter(({ said }) => said !== "right")
      .map((each) => ({ of: nameOf(each), said: each.said, why: each.why })),
  };
}

function largestRatio(cases: readonly Outcome[]): number | null {
  const ratios = cases.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  return ratios.length === 0 ? null : Number(Math.max(...ratios).toPrecision(4));
}

function mutantSummary(cases: readonly MutantCase[]): MutantSummary {
  const missed = cases.filter((each) => hasMoved(each.moved) && !isFound(each));
  const alarms = cases.filter(({ original }) => original !== "right");
  return {
    ...kills(cases, ({ moved }) => moved),
    byKind: Object.fromEntries(
      MUTATION_KINDS.map((kind) => [
        kind,
        kills(
          cases.filter((each) => each.kind === kind),
          ({ moved }) => moved,
        ),
      ]),
    ),
    elsewhere: kills(cases, ({ movedElsewhere }) => movedElsewhere),
    failedBesides: cases.filter(({ moved, said }) => !hasMoved(moved) && said === "wrong").length,
    falseAlarms: alarms.length,
    largestRatio: largestRatio(cases),
    exceptions: [
      ...missed.map(({ of, kind, change, said, moved, why }) => ({
        of: `${of}, ${kind}: ${change}`,
        said: `${said}, moved by ${moved} tolerances`,
        why,
      })),
      ...alarms.map(({ of, original, why }) => ({ of, said: `the right file: ${original}`, why })),
    ],
  };
}

function kills(cases: readonly MutantCase[], movedOf: (each: MutantCase) => number | null): Kills {
  const moved = cases.filter((each) => hasMoved(movedOf(each)));
  return {
    made: cases.length,
    moved: moved.length,
    failed: moved.filter(isFound).length,
  };
}

/** Called wrong, and for its outputs. */
function isFound({ said, seen }: MutantCase): boolean {
  return said === "wrong" && seen;
}

/** More than the tolerance; null stands for numbers that are none. */
function hasMoved(moved: number | null): boolean {
  return moved === null || moved > 1;
}
