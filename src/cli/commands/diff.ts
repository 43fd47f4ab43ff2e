import { InputError } from "../../base/diagnostic.js";
import type { DiffPageOptions } from "../../driver/diff/page.js";
import type { ComparedDiff } from "../../driver/diff/several.js";
import { besideDiffs, diffText, tablesOfDiffs } from "../diff-tables.js";
import { formatFlag, sizeFlags, sizeOptions, specFlags, specOptions } from "../options.js";
import { pageText } from "../standard-output.js";
import { FORMATS } from "../tables/forms.js";
import { defineCommand } from "./command.js";

export const diffCommand = defineCommand({
  usage: "diff <a> <b> [more..]",
  doc: "Compare the counts of networks and show what changed, block by block",
  positionals: {
    a: { type: "string", demandOption: true, describe: "A spec, or an ONNX file; - reads a spec from stdin" },
    b: {
      type: "string",
      demandOption: true,
      describe: "The spec or ONNX file to compare with it; - reads a spec from stdin",
    },
    more: {
      type: "string",
      array: true,
      default: [],
      describe: "More networks, each compared with the first",
    },
  },
  options: {
    ...formatFlag,
    format: {
      ...formatFlag.format,
      choices: [...FORMATS, "html"] as const,
      describe: `${formatFlag.format.describe}, html for a page as of ecagen report`,
    },
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe: "The file for the page of --format html [default: stdout]",
    },
    ...sizeFlags,
    ...specFlags,
    "exit-code": {
      type: "boolean",
      default: false,
      describe: "Exit with 1 if the networks differ, like git diff",
    },
    "fail-on": {
      type: "string",
      array: true,
      nargs: 1,
      describe:
        "Exit with 1 if this condition holds: parameters>+1%, macs>+0, parameters>5M, attention-removed, attention-*; can be repeated",
    },
  },
  examples: [
    ["ecagen diff specs/b0-se.json specs/b0-eca.json", "the savings of ECA compared with SE"],
    ["ecagen diff specs/b0-se.json efficientnet_b0.onnx", "compares an ONNX file with a spec"],
    [
      "ecagen diff specs/b0-none.json specs/b0-se.json specs/b0-eca.json",
      "compares each network with the first",
    ],
    [
      "git show HEAD:net.json | ecagen diff - net.json --exit-code",
      "checks in CI whether an edit changed the network",
    ],
    [
      "ecagen diff old.json new.json --format md --fail-on 'parameters>+1%' --fail-on attention-removed",
      "a comment for a pull request, with a check",
    ],
    [
      "ecagen diff old.json new.json --format html -o diff.html",
      "a web page with both networks side by side",
    ],
    ["ecagen diff a.onnx b.onnx --input-shape x=1x3x320x320", "two ONNX files with dynamic sizes"],
  ],
  async run({ a, b, more, "exit-code": exitCode, "fail-on": failOn, ...args }) {
    const { format, output } = args;
    if (output !== undefined && format !== "html")
      throw InputError.of("cli/usage", "-o is for --format html; other forms are printed", {
        hint: "> FILE",
      });
    const { diffSeveral } = await import("../../driver/diff/several.js");
    const { diffMarkdown } = await import("../../driver/diff/markdown.js");
    const files = [a, b, ...more.map(String)];
    const options = { ...sizeOptions(args), ...specOptions(args), failOn };
    const { report, html } =
      format === "html"
        ? await pageOf(files, { ...options, output })
        : { report: diffSeveral(files, options) };
    const { diffs, warnings } = report;
    const [only, ...others] = diffs;
    return {
      json: only !== undefined && others.length === 0 ? only : report,
      notes: [...new Set(diffs.flatMap(({ notes }) => notes))],
      warnings,
      ok: diffs.every((each) => (each.failed ?? []).length === 0 && !(exitCode && differs(each))),
      text: () => (html === undefined ? diffText(report) : pageText(html, output)),
      tables: { all: () => tablesOfDiffs(report), md: () => diffMarkdown(report) },
      beside: () => besideDiffs(report),
    };
  },
});

/** Only a page needs what draws it. */
async function pageOf(files: readonly string[], options: DiffPageOptions) {
  const { diffPage } = await import("../../driver/diff/page.js");
  return await diffPage(files, options);
}

/** Networks without a change in any block may still be wired in other ways. */
function differs({ changes, computeTheSame }: ComparedDiff): boolean {
  return changes.length > 0 || !computeTheSame;
}
