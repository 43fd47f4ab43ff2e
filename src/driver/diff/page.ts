import { writeTextSync } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { withModels } from "../../given/models.js";
import { networkPage, networksSeen } from "../../reports/network/network-page.js";
import type { PageSection } from "../../reports/page/page.js";
import { pageHtml } from "../../reports/page/render.js";
import { type DiffOptions, judged } from "./diff.js";
import { failOnOf } from "./fail-on.js";
import { type DiffsReport, diffsReport } from "./several.js";

export interface DiffPageOptions extends DiffOptions {
  /** The file that gets the page. */
  readonly output?: string | undefined;
}

/** A comparison, and its page. */
export interface DiffPage {
  readonly report: DiffsReport;
  readonly html: string;
}

/**
 * Compares networks with the first of them, as `diffSeveral` does, and makes a page of it: that of `report`, with the conditions that hold.
 *
 * Errors: `InputError` for wrong specs, files or options, with the problems of all of them, and for an output that can't be written.
 */
export function diffPage(files: readonly string[], options: DiffPageOptions = {}): Promise<DiffPage> {
  return asOneRun(async () => {
    const { output } = options;
    const failOn = options.failOn?.map(failOnOf);
    const { seen, report } = withModels(files, options, (models) => {
      // After the models, which are then among the files that are not written over.
      refuseOutputs([output]);
      const seen = networksSeen(models);
      const diffs = seen.comparison.diffs.map((diff) => judged(diff, failOn));
      return { seen, report: diffsReport(models, diffs) };
    });
    const before = failOn === undefined ? [] : [conditionsSection(report)];
    const html = pageHtml(await networkPage(seen, { before }));
    if (output !== undefined) writeTextSync(output, html);
    return { report, html };
  });
}

function conditionsSection({ diffs }: DiffsReport): PageSection {
  const failed = diffs.flatMap((diff) => diff.failed ?? []);
  const rows = failed.map(({ condition, reason }) => ({
    cells: [{ cell: condition, mark: "changed" as const }, reason],
  }));
  return {
    id: "conditions",
    title: "Conditions",
    parts: [
      failed.length === 0
        ? { kind: "text", text: "None of the conditions of --fail-on holds." }
        : {
            kind: "table",
            caption: "The conditions of --fail-on that hold",
            table: { head: ["condition", "why"], rows },
          },
    ],
  };
}
