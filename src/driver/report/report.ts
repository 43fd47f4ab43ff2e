import type { Diagnostic } from "../../base/diagnostic.js";
import type { Table } from "../../base/table.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { optionsOf, withModels } from "../../given/models.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { networksChart } from "../../reports/charts/networks-chart.js";
import type { NamedModelsDiff } from "../../reports/diff/diff-models.js";
import type { ReportedNetwork } from "../../reports/network/network.js";
import { networkPage, networksSeen } from "../../reports/network/network-page.js";
import type { ChartPart, TablePartName } from "../../reports/network/parts.js";
import { tablesOf } from "../../reports/network/tables.js";
import type { PageSection } from "../../reports/page/page.js";
import { pageHtml } from "../../reports/page/render.js";

export type { PageSection } from "../../reports/page/page.js";

/** The output of `ecagen report --json`, beside what was run. */
export interface NetworkReport {
  /** The file with the report; null if none was requested. */
  readonly output: string | null;
  /** In the order in which they are given. */
  readonly networks: readonly ReportedNetwork[];
  /** Each network but the first, compared with the first. */
  readonly diffs: readonly ReportedDiff[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** One of the comparisons of a report. */
export interface ReportedDiff extends Omit<NamedModelsDiff, "warnings"> {}

export interface ReportOptions extends NetworkOptions {
  /** The file for the report. */
  readonly output?: string | undefined;
  /** The title of the page. Default: the names of the networks. */
  readonly title?: string | undefined;
}

/** Networks that were read, and what can be written of them. */
export interface OpenReport {
  readonly document: NetworkReport;
  /** What is given of each network: a flag about specs is not about a file beside them. */
  readonly given: readonly { readonly file: string; readonly options: NetworkOptions }[];
  /** The page. `more`: sections behind those of the networks, as for how they were verified. */
  page(more?: readonly PageSection[]): Promise<string>;
  /** Its tables, all or one of them. */
  tables(part?: TablePartName): readonly Table[];
  /** One of its charts, as an SVG. */
  chart(part: ChartPart): Promise<string>;
  /** Writes the file that gets the report. */
  write(text: string): void;
}

/**
 * Reads what a report is of: one network, or several that are compared with the first.
 *
 * Errors: `InputError` for wrong specs, files or options, with the problems of all of them, and for an output that can't be written.
 */
export function openReport(files: readonly string[], options: ReportOptions = {}): OpenReport {
  const { output, title, ...network } = options;
  const { seen, warnings } = withModels(files, network, (models) => {
    // After the models, which are then among the files that are not written over.
    refuseOutputs([output]);
    return { seen: networksSeen(models), warnings: models.flatMap(([, each]) => each.warnings) };
  });
  const { networks, diffs } = seen.comparison;
  return {
    document: {
      output: output ?? null,
      networks,
      diffs: diffs.map(({ warnings: _, ...diff }) => diff),
      warnings,
    },
    given: files.map((file) => ({ file, options: optionsOf(file, files, network) })),
    page: async (more) => pageHtml(await networkPage(seen, { title, more })),
    tables: (part) => tablesOf(seen.comparison, part),
    chart: (part) => networksChart(networks, part),
    write: (text) => output !== undefined && writeTextSync(output, text),
  };
}

/**
 * Writes a report on one network, or on several side by side.
 *
 * Errors: as of `openReport`.
 */
export function report(
  files: readonly string[],
  options: ReportOptions = {},
): Promise<NetworkReport & { readonly html: string }> {
  return asOneRun(async () => {
    const opened = openReport(files, options);
    const html = await opened.page();
    opened.write(html);
    return { ...opened.document, html };
  });
}
