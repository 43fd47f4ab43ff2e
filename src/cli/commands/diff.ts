import { count, signedCount } from "../../base/numbers.js";
import type { DiffReport } from "../../driver/diff/diff.js";
import { table } from "../format.js";
import { sizeFlags, sizeOptions } from "../options.js";
import { uncountedText } from "../report-counts.js";
import { defineCommand } from "./command.js";

export const diffCommand = defineCommand({
  usage: "diff <a> <b>",
  doc: "Compare the counts of two networks and show what changed, block by block",
  positionals: {
    a: { type: "string", demandOption: true, describe: "A spec, or an ONNX file; - reads a spec from stdin" },
    b: {
      type: "string",
      demandOption: true,
      describe: "The spec or ONNX file to compare with it; - reads a spec from stdin",
    },
  },
  options: {
    ...sizeFlags,
    "exit-code": {
      type: "boolean",
      default: false,
      describe: "Exit with 1 where the networks differ, as git diff does",
    },
  },
  examples: [
    ["ecagen diff specs/b0-se.json specs/b0-eca.json", "what ECA instead of SE saves"],
    ["ecagen diff specs/b0-se.json efficientnet_b0.onnx", "whether a file is that network"],
    [
      "git show HEAD:net.json | ecagen diff - net.json --exit-code",
      "whether an edit changed the network, in CI",
    ],
    ["ecagen diff a.onnx b.onnx --input-shape x=1x3x320x320", "two files that leave their sizes open"],
  ],
  async run({ a, b, "exit-code": exitCode, ...args }) {
    const { diff } = await import("../../driver/diff/diff.js");
    const report = diff(a, b, sizeOptions(args));
    return {
      json: report,
      notes: report.notes,
      warnings: report.warnings,
      ok: !exitCode || !differs(report),
      text() {
        const missing = (["a", "b"] as const).map((side) => {
          const text = uncountedText({ uncounted: report.uncounted?.[side] ?? [] });
          return text === "" ? "" : `${report[side]}: ${text}`;
        });
        const numbers = (["parameters", "attentionParameters", "buffers", "macs"] as const).map((key) => {
          const { a, b, delta, percent } = report[key];
          return [
            key,
            count(a),
            count(b),
            signedCount(delta),
            percent === null ? "" : `${percent.toFixed(2)} %`,
          ];
        });
        const changes = report.changes.map(({ kind, at, before, after, parametersDelta }) => [
          kind,
          at,
          before ?? "-",
          after ?? "-",
          signedCount(parametersDelta),
        ]);
        return [
          table(["", a, b, "change", ""], numbers, [a, b, "change"]),
          ...missing,
          "\n",
          changes.length === 0
            ? "no block differs\n"
            : table(["change", "at", "before", "after", "parameters"], changes, ["parameters"]),
          report.computeTheSame ? "the networks compute the same of the same inputs and weights\n" : "",
        ].join("");
      },
    };
  },
});

/** Networks without a change in any block may still be wired in other ways. */
function differs({ changes, computeTheSame }: DiffReport): boolean {
  return changes.length > 0 || !computeTheSame;
}
