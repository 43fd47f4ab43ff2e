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

\`scripts/mutants.ts\` changes the program in one small place, in a copy of the tree, and runs the tests that load the changed
file, likely ones first, until one fails. A seed chooses the places; five kinds take turns:

- *comparison*: \`<\` and \`<=\`, \`===\` and \`!==\` become each other
- *constant*: a number becomes one more, one less or twice as large
- *operands*: those of an operator that is not commutative, or the first two arguments of a call, are swapped
- *removal*: a call, an assignment, a throw or an early return goes
- *negation*: a condition is turned round

What the compiler refuses is replaced by the seed's next mutant. A test that fails without the mutant as well does not count.
A test process that doesn't end in time counts as failed. A run stops at the first failure, so most mutants cost one test file.
What survives the likely files is read by a person: it is run once more (\`--again\`) with the test file that should notice it, or
such a test is written first, or it changes nothing that can be seen, and the reason stands below.

    node --import tsx scripts/mutants.ts --seed 1 --count 60     # appends to scripts/mutants/results/seed-1.jsonl
    node --import tsx scripts/mutants.ts --seed 1 --again        # runs the survivors once more, with all tests
    node --import tsx scripts/mutants.ts --seed 1 --again --numbers 71 test/runtime/compare.test.ts    # one, with this test
    node --import tsx scripts/mutants.ts --seed 5 --only src/passes/ --count 20

## The last results

*By new tests*: tests that were written for these mutants. *Explained*: it changes nothing that can be seen, see below. *Gone*: no
test noticed it, and since then the program has changed there; it counts as not killed. The share is the killed ones of those
that are not explained. The figures come from several commits; each line of the results names its own, as it was before it was
rebased and landed.
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
    "\n## Those that survive, and why that is no hole\n",
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
      `- seed ${result.seed}, ${result.number}: ${placeOf(result)} ${result.tests.join(" of ")} test files have run.\n`,
  );
  return ["## Those that nothing explains yet\n", ...lines];
}

function placeOf({ file, code, before, text }: Result): string {
  const change =
    before === code
      ? `${codeSpan(code)} went`
      : `${codeSpan(before)} became ${codeSpan(text)} in ${codeSpan(code)}`;
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
