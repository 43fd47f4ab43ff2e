import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { allResults, lastResults, type Outcome, type Result } from "./mutants/result.js";

/** What a person found out about a mutant that survived at first. */
interface Finding {
  readonly seed: number;
  readonly number: number;
  /** Why it is no hole in the tests: it changes nothing that can be seen. */
  readonly equivalent?: string;
  /** The test file that was written or extended for it. */
  readonly test?: string;
}

const INTRODUCTION = `<!-- Made by scripts/generate.ts from scripts/mutants/results/. Do not edit. -->

# Do the tests notice a change?

\`scripts/mutants.ts\` makes one small change to the program, in a copy of the tree, and runs the tests that load the changed
file, the likely ones first, until one fails. A seed chooses the places. Five kinds of change alternate:

- *comparison*: \`<\` and \`<=\`, or \`===\` and \`!==\`, are exchanged
- *constant*: a number is incremented, decremented or doubled
- *operands*: the operands of a non-commutative operator, or the first two arguments of a call, are swapped
- *removal*: a call, an assignment, a throw or an early return is removed
- *negation*: a condition is negated

Mutants that don't compile are replaced by the seed's next one. Tests that also fail without the mutant don't count.
A timeout counts as a failure. A run stops at the first failure, so most mutants cost one test file.
Survivors of the likely files are reviewed by hand: they are run again (\`--again\`) with the test file that should fail, after writing
such a test if there is none. Equivalent mutants are listed below with the reason.

    node --import tsx scripts/mutants.ts --seed 1 --count 60     # appends to scripts/mutants/results/seed-1.jsonl
    node --import tsx scripts/mutants.ts --seed 1 --again        # runs the survivors once more, with all tests
    node --import tsx scripts/mutants.ts --seed 1 --again --numbers 71 test/runtime/compare.test.ts    # one, with this test
    node --import tsx scripts/mutants.ts --seed 5 --only src/passes/ --count 20

## The last results

*By new tests*: killed by tests that were written for these mutants. *Explained*: equivalent mutants, see below. *Gone*: no
test failed, and the code has changed since; counts as not killed. The share is that of killed mutants among those
that are not explained. The results come from several commits; each line of the results files names its commit, by its hash before rebasing.
`;

const HEAD = [
  "seed",
  "mutants",
  "killed",
  "of these by new tests",
  "survive, explained",
  "survive, not explained",
  "gone",
  "share killed",
  "refused by the compiler",
];

/** docs/mutation.md: the results that are kept, and every survivor with the reason. */
export function mutationDocs(root: string): string {
  const folder = join(root, "scripts/mutants/results");
  const files = readdirSync(folder).filter((file) => file.endsWith(".jsonl"));
  const runs = files.sort().map((file) => lastResults(allResults(join(folder, file))));
  const findings = JSON.parse(readFileSync(join(folder, "findings.json"), "utf8")) as readonly Finding[];
  const survivors = runs.flat().filter(({ outcome }) => outcome === "survived");
  return [
    INTRODUCTION,
    markdownTable(
      HEAD,
      runs.map((run) => row(run, findings)),
      HEAD,
    ),
    "\n## Equivalent mutants\n",
    ...survivors.flatMap((each) => explained(each, findings) ?? []),
    ...open(survivors.filter((each) => explained(each, findings) === undefined)),
  ].join("\n");
}

function row(run: readonly Result[], findings: readonly Finding[]): readonly string[] {
  const those = (...outcomes: readonly Outcome[]): readonly Result[] =>
    run.filter(({ outcome }) => outcomes.includes(outcome));
  const killed = those("killed", "timeout");
  const mutants = run.length - those("compiler").length;
  const survivors = those("survived");
  const equivalent = survivors.filter((result) => explained(result, findings) !== undefined).length;
  const counts = [
    run[0]?.seed ?? "",
    mutants,
    killed.length,
    killed.filter((result) => findingOf(result, findings)?.test !== undefined).length,
    equivalent,
    survivors.length - equivalent,
    those("gone").length,
    `${((killed.length / (mutants - equivalent)) * 100).toFixed(1)} %`,
    those("compiler").length,
  ];
  return counts.map(String);
}

/** What is known of a survivor that changes nothing; undefined where nobody has found that. */
function explained(result: Result, findings: readonly Finding[]): string | undefined {
  const why = findingOf(result, findings)?.equivalent;
  return why === undefined ? undefined : `- ${placeOf(result)} ${why}\n`;
}

function open(survivors: readonly Result[]): readonly string[] {
  if (survivors.length === 0) return [];
  const lines = survivors.map(
    (result) =>
      `- seed ${result.seed}, ${result.number}: ${placeOf(result)} ${result.tests.join(" of ")} test files were run.\n`,
  );
  return ["## Survivors without an explanation\n", ...lines];
}

function placeOf({ file, code, before, text }: Result): string {
  const change =
    before === code
      ? `${codeSpan(code)} was removed`
      : `${codeSpan(before)} was replaced by ${codeSpan(text)} in ${codeSpan(code)}`;
  return `\`${file}\`: ${change}.`;
}

/** A piece of a program in one line of Markdown. */
function codeSpan(code: string): string {
  const line = code.replace(/\s+/g, " ");
  return line.includes("`") ? `\`\` ${line} \`\`` : `\`${line}\``;
}

function findingOf({ seed, number }: Result, findings: readonly Finding[]): Finding | undefined {
  return findings.find((each) => each.seed === seed && each.number === number);
}
