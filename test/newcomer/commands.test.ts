import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasPythonModules } from "../../scripts/python.js";
import { skip } from "../skip.js";
import { copyFixture, makeFixture, SMALL } from "./fixture.js";
import { EXIT_CODES, NOT_RUN } from "./not-run.js";
import { installPacked } from "./packed.js";
import { commandLines, PAGES } from "./pages.js";

/**
 * Every command line of the README and of docs/ runs, with the packed package and in the order of its page. Networks are small ones under the names of those that the
 * pages name, but where a command only counts. docs/cli.md is checked by test/cli/cli-reference.test.ts.
 */
const test = suite("newcomer: commands");

const pages = PAGES.filter((page) => page !== "docs/cli.md" && commandLines(page).length > 0);
let folder = "";
let programs = "";

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "ecagen newcomer-"));
  programs = installPacked(folder);
  await makeFixture(join(folder, "fixture"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** These only count, so that the shipped specs are fast enough. */
const LIGHT = /^(npx )?(ecagen )(stats|diff|graph|explain|tables|list|schema|init|doctor|completion)\b/;
const LARGE = new RegExp(`(?<=[ '])(?<!-o )(specs/)?(${SMALL.join("|")})(\\.json)?(?=[ ']|$)`, "g");

/** The line with small networks for large ones. */
function withSmallNetworks(line: string): string {
  return LIGHT.test(line) ? line : line.replaceAll(LARGE, "small/$2.json");
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a line in a shell. */
function run(line: string, cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    const shell = spawn("bash", ["-o", "pipefail", "-c", line], {
      cwd,
      env: { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}`, NO_COLOR: "1", TASK: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const parts: string[] = [];
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding("utf8").on("data", (part: string) => parts.push(part));
    shell.on("close", (code) => resolve({ code, output: parts.join("") }));
  });
}

const hasTorch = hasPythonModules("torch", "torchvision");

/** What went wrong with the lines of a page. */
async function failuresOf(page: string): Promise<readonly string[]> {
  const cwd = join(folder, page.replaceAll("/", "-"));
  copyFixture(join(folder, "fixture"), cwd, page, folder);
  const failures: string[] = [];
  for (const line of commandLines(page)) {
    const notRun = NOT_RUN.find((each) => each.line.test(line));
    const meant = notRun === undefined ? line : notRun.instead;
    if (meant === undefined) continue;
    if (/\bpython\b/.test(meant) && !hasTorch) {
      skip(`${page}: ${line} and what follows`, "torch and torchvision are not installed");
      break;
    }
    const { code, output } = await run(withSmallNetworks(meant), cwd);
    const expected = EXIT_CODES.find(([pattern]) => pattern.test(line))?.[1] ?? 0;
    if (code !== expected) failures.push(`${page}: ${line}\nexit code ${code}\n${output}`);
  }
  return failures;
}

test("every line of the pages runs", async () => {
  const waiting = [...pages];
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let page = waiting.shift(); page !== undefined; page = waiting.shift())
      failures.push(...(await failuresOf(page)));
  };
  await Promise.all([work(), work()]);
  assert.is(failures.join("\n\n"), "");
});

test("a line that fails is seen", async () => {
  const { code, output } = await run("npx ecagen stats nothing.json", folder);
  assert.is(code, 2);
  assert.match(output, "nothing.json");
});

test("every reason not to run a line is one for a line", () => {
  const lines = pages.flatMap(commandLines);
  assert.ok(lines.length > 100);
  const idle = NOT_RUN.filter(({ line }) => !lines.some((each) => line.test(each)));
  assert.equal(
    idle.map(({ line }) => line.source),
    [],
  );
});

test.run();
