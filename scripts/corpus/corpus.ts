import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/files/package.js";
import { familyFileNames } from "../torchvision/networks.js";
import { COMMAND_NAMES } from "./cells.js";
import { cliPool } from "./cli-pool.js";
import {
  backendFiles,
  type CorpusFile,
  GROUPS,
  type MissingFile,
  madeFiles,
  npmFiles,
  torchvisionFiles,
} from "./files.js";
import { NPM_PACKAGES } from "./npm-packages.js";
import { Oracle } from "./oracle.js";
import { type BuiltRow, buildsOf, type CorpusResult, mergedRows, summaryOf } from "./result.js";
import { eachOf, rowOf } from "./survey.js";

/*
 * Runs the commands on ONNX files that people have, and judges them by what isn't ecagen: docs/corpus.md says how, and what came out.
 *
 *     npm run corpus                                                    everything
 *     npm run corpus -- --groups npm,made --commands stats,verify       some groups, some commands
 *     npm run corpus -- --groups torchvision --files -13-folded-open    the files that have this in their names
 *
 * --program runs another build than dist/, so that one can go on working. Each file is a line of --log as soon as it is done; with --resume a
 * run goes on from what the log has of the same build, with these files or with others. What the log has of other builds counts too where
 * --keep names its result, as ok,nothing: the page then says how many runs are of which build. Files that are fetched and exported stay
 * in --folder. --write keeps the result as docs/corpus.json.
 */

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: GROUPS.join(",") },
    files: { type: "string", default: "" },
    commands: { type: "string", default: COMMAND_NAMES.join(",") },
    folder: { type: "string", default: join(tmpdir(), "ecagen-corpus") },
    program: { type: "string", default: join(packageRoot(), "dist", "cli.js") },
    log: { type: "string", default: join(tmpdir(), "ecagen-corpus.jsonl") },
    resume: { type: "boolean", default: false },
    keep: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});

const { folder, log } = values;
const groups = chosen(GROUPS, values.groups);
const commands = chosen(COMMAND_NAMES, values.commands);
const program = resolve(values.program);
const build = buildOf(program);
mkdirSync(folder, { recursive: true });
if (!values.resume) rmSync(log, { force: true });
const kept = values.keep.split(",");
const rows: BuiltRow[] = existsSync(log) ? rowsOf(readFileSync(log, "utf8")) : [];
const missing: MissingFile[] = [];
const pool = cliPool(2, program);
const oracle = new Oracle();
try {
  await eachOf(files(), 2, async (file) => {
    if ("why" in file) missing.push(file);
    else await add(file);
  });
} finally {
  pool.close();
  oracle.close();
}
const merged = mergedRows(rows);
const result: CorpusResult = { builds: buildsOf(merged), ...summaryOf(merged), missing };
process.stdout.write(`${JSON.stringify(result.totals, null, 2)}\n`);
if (values.write)
  writeFileSync(join(packageRoot(), "docs", "corpus.json"), `${JSON.stringify(result, null, 1)}\n`);

/** The words of a list that a flag names. Errors: a word that is none. */
function chosen<T extends string>(all: readonly T[], flag: string): readonly T[] {
  const words = flag.split(",");
  const unknown = words.filter((word) => !all.some((each) => each === word));
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: there are ${all.join(", ")}`);
  return all.filter((each) => words.includes(each));
}

/** The commit that a program was built from, where nothing was changed since, and a hash of its files. */
function buildOf(program: string): string {
  const root = dirname(program);
  const files = readdirSync(root).filter((name) => name.endsWith(".js"));
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(readFileSync(join(root, name)));
  const commit = execFileSync("git", ["describe", "--always", "--dirty"], { cwd: root, encoding: "utf8" });
  return `${commit.trim()}, ${hash.digest("hex").slice(0, 12)}`;
}

async function add(file: CorpusFile): Promise<void> {
  const done = mergedRows(rows).find(({ group, name }) => group === file.group && name === file.name);
  const left = commands.filter((name) => done?.cells[name] === undefined);
  if (left.length === 0) return;
  const row = await rowOf(file, { pool, oracle }, left);
  const cells = Object.entries(row.cells).map(([name, cell]) => [name, { build, ...cell }] as const);
  const built: BuiltRow = { ...row, cells: Object.fromEntries(cells) };
  rows.push(built);
  appendFileSync(log, `${JSON.stringify(built)}\n`);
  for (const [name, { status, why }] of Object.entries(row.cells))
    if (status === "wrong") process.stderr.write(`${row.group} ${row.name}: ${name}: ${why}\n`);
}

/** The files that were asked for; those that have to be made are when their turn comes. */
function* files(): Generator<CorpusFile | MissingFile> {
  for (const file of allFiles())
    if (groups.includes(file.group) && file.name.includes(values.files)) yield file;
}

function* allFiles(): Generator<CorpusFile | MissingFile> {
  if (groups.includes("npm")) for (const each of NPM_PACKAGES) yield* npmFiles(each, folder);
  if (groups.includes("made")) yield* madeFiles();
  if (groups.includes("torchvision")) yield* familyFiles();
  if (groups.includes("onnx") || groups.includes("operators")) yield* backendFiles();
}

function* familyFiles(): Generator<CorpusFile | MissingFile> {
  const forms = new Map<string, string[]>();
  for (const name of familyFileNames().filter((each) => each.includes(values.files))) {
    const [family = "", ...form] = name.split("-");
    forms.set(family, [...(forms.get(family) ?? []), form.join("-")]);
  }
  for (const [family, wanted] of forms) yield* torchvisionFiles(family, folder, wanted);
}

/** What a log has of this build, and of others what is kept. */
function rowsOf(text: string): BuiltRow[] {
  const logged = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as BuiltRow);
  return mergedRows(logged).map((row) => {
    const own = Object.entries(row.cells).filter(
      ([, cell]) => cell.build === build || kept.includes(cell.status),
    );
    return { ...row, cells: Object.fromEntries(own) };
  });
}
