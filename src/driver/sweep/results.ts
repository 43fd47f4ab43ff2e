import * as z from "zod";
import { InputError } from "../../base/diagnostic.js";
import { LineFile } from "../../files/line-file.js";
import type { SweepRow } from "./row.js";

/** Which sweep the rows of a file are of, and which part of it. */
export interface SweepHeader {
  readonly name: string;
  /** What of the sweep its rows follow from, hashed. */
  readonly hash: string;
  /** All of them, in whichever part. */
  readonly variants: number;
  /** Where the file has a part alone: `2/8`. */
  readonly shard?: string;
}

/** What is relied on in a file that anyone may have edited: the rest of a row is only handed on. */
const headerSchema = z.looseObject({
  name: z.string(),
  hash: z.string(),
  variants: z.int().min(0),
  shard: z.string().optional(),
});
const count = z.number().optional();
const rowSchema = z.looseObject({
  ...{ id: z.string(), index: z.int().min(0), base: z.string() },
  status: z.enum(["ok", "rejected", "error"]),
  settings: z.record(z.string(), z.unknown()),
  set: z.array(z.string()),
  ...{ parameters: count, attentionParameters: count, buffers: count, macs: count, gateCount: count },
  missed: z.array(z.string()).optional(),
  errors: z.array(z.looseObject({ code: z.string(), message: z.string() })).optional(),
  verify: z.looseObject({ verdict: z.enum(["right", "wrong", "undecided"]) }).optional(),
  bench: z.looseObject({ medianMs: z.number() }).optional(),
});

/** The first line: what the rows that follow are. */
interface HeaderLine {
  readonly schemaVersion: 1;
  readonly sweep: SweepHeader;
}

/**
 * The results of a sweep as JSON Lines: a header, then a row for each variant, in the order in which they came to be known. A row is
 * written once, however often and by whichever process it is sent.
 */
export class ResultsFile {
  readonly #lines: LineFile;
  readonly #ids: Set<string>;
  readonly #rows: SweepRow[];

  private constructor(lines: LineFile, rows: readonly SweepRow[]) {
    this.#lines = lines;
    this.#rows = [...rows];
    this.#ids = new Set(rows.map(({ id }) => id));
  }

  /**
   * Opens a file to add rows to, or makes it.
   *
   * Errors: `InputError` for a file of another sweep or of something else, for one that another run writes, and where nothing can be
   * written.
   */
  static open(file: string, header: SweepHeader): ResultsFile {
    let rows: readonly SweepRow[] = [];
    const lines = LineFile.open(file, (found) => {
      if (found.length === 0) return;
      const read = parseResults(file, found);
      refuseOther(file, header, read.header);
      rows = read.rows;
    });
    if (lines.lines.length === 0) lines.append(headerLine(header));
    return new ResultsFile(lines, rows);
  }

  get rows(): readonly SweepRow[] {
    return this.#rows;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Writes a row, unless it has been. */
  add(row: SweepRow): boolean {
    if (this.#ids.has(row.id)) return false;
    this.#lines.append(JSON.stringify(row));
    this.#ids.add(row.id);
    this.#rows.push(row);
    return true;
  }

  close(): void {
    this.#lines.close();
  }
}

function headerLine(sweep: SweepHeader): string {
  return JSON.stringify({ schemaVersion: 1, sweep } satisfies HeaderLine);
}

/** The text of a file of results. */
export function resultsText(header: SweepHeader, rows: readonly SweepRow[]): string {
  return [headerLine(header), ...rows.map((row) => JSON.stringify(row)), ""].join("\n");
}

function refuseOther(file: string, { name, hash, shard }: SweepHeader, found: SweepHeader): void {
  const part = (of: string | undefined): string => (of === undefined ? "" : `, part ${of}`);
  if (found.hash === hash && found.shard === shard) return;
  const what =
    found.hash === hash ? "another part" : found.name === name ? "an earlier form" : "another sweep";
  throw InputError.of(
    "sweep/other-sweep",
    `${file} has the results of ${what}: ${found.name}${part(found.shard)}, and this is ${name}${part(shard)}`,
    {
      file,
      hint: "another -o keeps both; a change of its fields, constraints or bases makes another sweep",
    },
  );
}

/** The header and rows of a file's whole lines; of several rows of one variant the first. Errors: `InputError` for what is no such file. */
export function parseResults(
  file: string,
  lines: readonly string[],
): { readonly header: SweepHeader; readonly rows: readonly SweepRow[] } {
  const refuse = (line: number, what: string): never => {
    throw InputError.of("sweep/results", `${file}, line ${line}: ${what}`, {
      file,
      hint: "ecagen sweep SWEEP.json -o RESULTS.jsonl writes such a file",
    });
  };
  const values = lines.map((line, i) => objectOf(line) ?? refuse(i + 1, "it is no object of JSON"));
  const [first, ...others] = values;
  const header = headerSchema.safeParse(first?.sweep).data;
  if (header === undefined) return refuse(1, "it does not say which sweep the results are of");
  const rows = new Map<string, SweepRow>();
  for (const [i, value] of others.entries()) {
    if (!rowSchema.safeParse(value).success || Number(value.index) >= header.variants)
      return refuse(i + 2, "it is no row of this sweep");
    const row = value as unknown as SweepRow;
    if (!rows.has(row.id)) rows.set(row.id, row);
  }
  return { header: header as SweepHeader, rows: [...rows.values()] };
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
