import type { UncountedOperator } from "../../analysis/counts.js";
import type { Change } from "../../analysis/diff/changes.js";
import { markdownCode, markdownRow, markdownTable, markdownText } from "../../base/markdown.js";
import { count, signedCount } from "../../base/numbers.js";
import { unfolded } from "../../base/visible-text.js";

import type { ComparedDiff, ComparedNetwork, DiffsReport } from "./several.js";

/** GitHub takes comments of at most 65,536 characters; the rest is for what a workflow writes around. */
const MOST_CHARACTERS = 60_000;
/** Names, and what stood somewhere, are cut behind so many characters: a label may be as long as it pleases. */
const LONGEST_TEXT = 200;

/**
 * Formats diffs as Markdown for a pull request: the numbers, the failures, and a collapsed list of all changes. At most 60,000 characters: the
 * number of changes that don't fit is given instead.
 */
export function diffMarkdown({ networks, diffs }: DiffsReport): string {
  const head = [
    title(networks),
    failures(diffs),
    networks.length === 2 ? twoNumbers(diffs) : allNumbers(networks, diffs),
    leftOut(networks),
  ].filter((part) => part !== "");
  const notes = [...new Set(diffs.flatMap((each) => each.notes))].map((note) => `- ${plain(note)}\n`);
  const frame = [...head, ...(notes.length === 0 ? [] : [notes.join("")])];
  const room = MOST_CHARACTERS - frame.reduce((sum, { length }) => sum + length + 1, 0);
  const sections = diffs.map((each) =>
    changesText(each, diffs.length > 1, Math.floor(room / diffs.length) - 1),
  );
  return [...head, ...sections, ...frame.slice(head.length)].join("\n");
}

function title(networks: readonly ComparedNetwork[]): string {
  const names = networks.map(({ file }) => code(file));
  return `### ${names.length === 2 ? names.join(" → ") : names.join(", ")}\n`;
}

function failures(diffs: readonly ComparedDiff[]): string {
  const failed = diffs.flatMap((each) => each.failed ?? []);
  if (failed.length === 0) return "";
  return failed.map(({ condition, reason }) => `- ❌ ${code(condition)}: ${plain(reason)}\n`).join("");
}

const NUMBERS = {
  parameters: "parameters",
  attentionParameters: "of them attention's",
  buffers: "running statistics",
  macs: "MACs",
} as const;

type NumberName = keyof typeof NUMBERS;

const NAMES = Object.keys(NUMBERS) as readonly NumberName[];

function twoNumbers(diffs: readonly ComparedDiff[]): string {
  return diffs
    .map((diff) => {
      const rows = NAMES.map((name) => {
        const { a, b, delta } = diff[name];
        return [NUMBERS[name], count(a), count(b), signedCount(delta), percentText(diff, name)];
      });
      return markdownTable(["", "before", "after", "change", "%"], rows, ["before", "after", "change", "%"]);
    })
    .join("");
}

/** A row for each network, with how its numbers differ from the first one's. */
function allNumbers(networks: readonly ComparedNetwork[], diffs: readonly ComparedDiff[]): string {
  const right = NAMES.map((name) => NUMBERS[name]);
  const rows = networks.map((network, i) => [
    code(network.file),
    ...NAMES.map((name) => {
      const diff = diffs[i - 1];
      const change = diff === undefined ? "" : percentText(diff, name);
      return change === "" ? count(network[name]) : `${count(network[name])} (${change})`;
    }),
  ]);
  return markdownTable(["network", ...right], rows, right);
}

function percentText(diff: ComparedDiff, name: NumberName): string {
  const { delta, percent } = diff[name];
  if (percent === null || delta === 0) return "";
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)} %`;
}

/** What totals of MACs leave out. */
function leftOut(networks: readonly ComparedNetwork[]): string {
  const lines = networks.flatMap(({ file, uncounted = [] }) =>
    uncounted.length === 0
      ? []
      : `MACs of ${code(file)} are at least these, without ${operatorsText(uncounted)}.\n`,
  );
  return lines.join("\n");
}

function operatorsText(uncounted: readonly UncountedOperator[]): string {
  return uncounted.map(({ operator, nodes }) => `${code(operator)} (${count(nodes)})`).join(", ");
}

/** The changes of one diff, folded away; without any, a line. */
function changesText(diff: ComparedDiff, isOneOfSeveral: boolean, room: number): string {
  const { changes, computeTheSame } = diff;
  const what = isOneOfSeveral ? `${code(diff.b)}: ` : "";
  const same = computeTheSame ? "the networks compute the same of the same inputs and weights" : "";
  if (changes.length === 0) return `${what}${sentence([same === "" ? "no block differs" : same])}\n`;
  const summary = sentence([kindsText(changes), same]);
  const opening = `<details><summary>${isOneOfSeveral ? `${htmlText(diff.b)}: ` : ""}${summary}</summary>\n\n`;
  const head = markdownTable(["change", "at", "before", "after", "parameters"], [], ["parameters"]);
  const closing = "\n</details>\n";
  const rows = changes.map(rowOf);
  const kept = fitting(rows, room - opening.length - head.length - closing.length - REST_LENGTH);
  const rest = changes.length - kept.length;
  return [
    opening,
    head,
    ...kept,
    rest === 0 ? "" : `\n${count(rest)} more changes, which ${code("ecagen diff")} prints.\n`,
    closing,
  ].join("");
}

/** Room for the line that says how many changes are missing. */
const REST_LENGTH = 80;

function rowOf({ kind, at, before, after, parametersDelta }: Change): string {
  const cells = [at, before ?? "", after ?? ""].map(code);
  return markdownRow([kind, ...cells, parametersDelta === 0 ? "" : signedCount(parametersDelta)]);
}

/** The first rows that together have at most so many characters. */
function fitting(rows: readonly string[], room: number): readonly string[] {
  let used = 0;
  const end = rows.findIndex((row) => {
    used += row.length;
    return used > room;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** `16 attention-swapped, 1 layer-changed` */
function kindsText(changes: readonly Change[]): string {
  const kinds = new Map<string, number>();
  for (const { kind } of changes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, times]) => `${count(times)} ${kind}`).join(", ");
}

function sentence(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}

function code(text: string): string {
  return markdownCode(cut(text));
}

/** A text outside of code, in which no name is told of the comment. */
function plain(text: string): string {
  return withoutMentions(markdownText(cut(text)));
}

/** The same between tags of HTML, where Markdown is not read. */
function htmlText(text: string): string {
  const escaped = unfolded(cut(text))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
  return withoutMentions(escaped);
}

function withoutMentions(text: string): string {
  return text.replaceAll("@", "@<!-- -->");
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LONGEST_TEXT ? text : `${characters.slice(0, LONGEST_TEXT - 1).join("")}…`;
}
