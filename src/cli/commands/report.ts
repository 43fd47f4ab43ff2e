import { InputError } from "../../base/diagnostic.js";
import { jsonText } from "../../base/json-text.js";
import { CHART_PARTS, TABLE_PARTS } from "../../driver/command-line.js";
import type { OpenReport } from "../../driver/report/report.js";
import { SCHEMA_VERSION } from "../json-documents.js";
import { sharedOptions, sizeFlags, sizeOptions, specFlags, specOptions } from "../options.js";
import { withProgress } from "../progress.js";
import { type Ran, ranSections } from "../report-ran.js";
import { pageText } from "../standard-output.js";
import { tablesAs } from "../tables/forms.js";
import { defineCommand } from "./command.js";

const FORMS = ["html", "md", "csv", "svg", "json"] as const;

type Form = (typeof FORMS)[number];

const PARTS = [...new Set([...TABLE_PARTS, ...CHART_PARTS])];

/** What a form shows where no part of it is asked for; the others have all. */
const DEFAULT_PARTS = { csv: "blocks", svg: "parameters" } as const;

export const reportCommand = defineCommand({
  usage: "report <models..>",
  doc: "Write a report on one or more networks: costs, blocks, gates, graph, passes",
  positionals: {
    models: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "Specs or ONNX files, each compared with the first; - reads a spec from stdin",
    },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe: "The file for the report [default: stdout]",
    },
    format: {
      requiresArg: true,
      choices: FORMS,
      default: "html" as const,
      describe: "html: a web page; md: all tables; csv: one table; svg: one chart; json: the same as --json",
    },
    part: {
      requiresArg: true,
      choices: PARTS,
      describe: "The table or chart for --format md, csv or svg [default: all; blocks; parameters]",
    },
    title: {
      type: "string",
      requiresArg: true,
      describe: "The title of the page [default: the networks' names]",
    },
    verify: {
      type: "boolean",
      default: false,
      describe: "Verify each network on the CPU, as ecagen verify does; exit code 1 if one is not right",
    },
    bench: {
      type: "boolean",
      default: false,
      describe: "Time the networks on the CPU, as ecagen bench does",
    },
    ...sizeFlags,
    ...specFlags,
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen report specs/b0-eca.json -o b0.html", "one file, readable offline"],
    [
      "ecagen report specs/b0-none.json specs/b0-se.json specs/b0-eca.json -o attention.html",
      "side by side, with differences marked",
    ],
    ["ecagen report before.onnx after.onnx -o rewrite.html", "the changes of a rewrite"],
    ["ecagen report net.json --verify --bench -o net.html", "with verification and timings"],
    ["ecagen report specs/b0-eca.json --format svg --part macs -o macs.svg", "one of its charts"],
    ["ecagen report specs/b0-eca.json --format csv --part gates", "C and k of each gate"],
  ],
  async run(args) {
    const { models, output, format, part, title, passes, json } = args;
    const files = models.map(String);
    refuseParts(format, part);
    if (args.bench && passes !== undefined)
      throw InputError.of("cli/usage", "--bench times networks as they are, without --passes");
    const { openReport } = await import("../../driver/report/report.js");
    const options = { ...sizeOptions(args), ...specOptions(args), passes };
    const opened = openReport(files, { ...options, output, title });
    const ran = await runAsked(opened, args, options);
    const document = { ...opened.document, ...ran };
    const makes = !json || output !== undefined;
    const text = makes ? await textOf(opened, format, part, ran, document) : "";
    opened.write(text);
    return {
      json: document,
      warnings: opened.document.warnings,
      ok: (ran.verification ?? []).every(({ ok }) => ok),
      text: () => pageText(text, output),
    };
  },
});

/** Runs what is asked for, on the CPU. */
async function runAsked(
  { given }: OpenReport,
  { verify: verifies, bench: benches }: { readonly verify: boolean; readonly bench: boolean },
  options: Pick<OpenReport["given"][number]["options"], "resolution" | "inputShapes" | "changes">,
): Promise<Ran> {
  if (!verifies && !benches) return {};
  return await withProgress(async ({ update }) => {
    const steps = (verifies ? given.length : 0) + (benches ? 1 : 0);
    const progress = (step: number) => (message: string, part: number) =>
      update(message, (step + part) / steps);
    const verification = [];
    if (verifies) {
      const { verify } = await import("../../driver/verify/verify.js");
      for (const [i, { file, options }] of given.entries())
        verification.push(await verify(file, { ...options, onProgress: progress(i) }));
    }
    if (!benches) return { verification };
    const { bench } = await import("../../driver/bench/bench.js");
    const { resolution, inputShapes, changes } = options;
    const timed = await bench(
      given.map(({ file }) => file),
      { resolution, inputShapes, changes, onProgress: progress(steps - 1) },
    );
    return { ...(verifies ? { verification } : {}), bench: timed };
  });
}

async function textOf(
  opened: OpenReport,
  format: Form,
  part: (typeof PARTS)[number] | undefined,
  ran: Ran,
  document: object,
): Promise<string> {
  switch (format) {
    case "html":
      return await opened.page(await ranSections(ran));
    case "json":
      return jsonText({ schemaVersion: SCHEMA_VERSION, ...document });
    case "svg":
      return await opened.chart(CHART_PARTS.find((each) => each === part) ?? DEFAULT_PARTS.svg);
    default: {
      const table = TABLE_PARTS.find((each) => each === part);
      return tablesAs(format, opened.tables(format === "csv" ? (table ?? DEFAULT_PARTS.csv) : table));
    }
  }
}

/** A part of a page is a table or a chart; gates are both. */
function refuseParts(format: Form, part: (typeof PARTS)[number] | undefined): void {
  if (part === undefined) return;
  const parts: readonly string[] = {
    html: [],
    json: [],
    md: TABLE_PARTS,
    csv: TABLE_PARTS,
    svg: CHART_PARTS,
  }[format];
  if (parts.includes(part)) return;
  const hint = parts.length === 0 ? undefined : `there are ${parts.join(", ")}`;
  throw InputError.of("cli/usage", `--format ${format} has no part ${part}`, { hint });
}
