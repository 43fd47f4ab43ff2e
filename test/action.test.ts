import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** The steps of action.yml, run as a runner runs them: by bash, with its variables, and without a network. */
const test = suite("GitHub Action");

interface Step {
  readonly name: string;
  readonly run: string;
}

/** The steps with their scripts. The file has no other blocks than these. */
function steps(): readonly Step[] {
  const text = readFileSync("action.yml", "utf8");
  return [...text.matchAll(/^ {4}- name: (.+)\n((?: {6}.*\n|\n)+)/gm)].map(([, name = "", body = ""]) => {
    const run = body.slice(body.indexOf("run: |\n") + "run: |\n".length);
    return { name, run: run.replaceAll(/^ {8}/gm, "") };
  });
}

function scriptOf(name: string): string {
  const found = steps().find((step) => step.name === name);
  if (found === undefined) throw new Error(`action.yml has no step ${name}`);
  return found.run;
}

let folder = "";
const at = (name: string): string => join(folder, name);

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-action-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** A repository with a network at its base commit, and a change of it. */
function repository(name: string): { readonly root: string; readonly sha: string } {
  const root = at(name);
  mkdirSync(join(root, "nets"), { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    }).trim();
  git("init", "-q");
  git("config", "user.name", "Test");
  git("config", "user.email", "test@example.com");
  const write = (file: string, spec: object): void => writeFileSync(join(root, file), JSON.stringify(spec));
  write("nets/a b.json", { name: "ab", extends: "small" });
  write("nets/same.json", { name: "same", extends: "small" });
  git("add", ".");
  git("commit", "-qm", "base");
  const sha = git("rev-parse", "HEAD");
  write("nets/a b.json", { name: "ab", extends: "small", passes: [{ pass: "remove-attention" }] });
  write("nets/new.json", { name: "new", extends: "small", head: { classes: 3 } });
  return { root, sha };
}

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly summary: string;
  readonly comment: string;
  readonly outputs: Readonly<Record<string, string>>;
}

function compare(name: string, inputs: Readonly<Record<string, string>>): Run {
  const { root, sha } = repository(name);
  const temporary = at(`${name}-temporary`);
  mkdirSync(temporary);
  const [summary, output] = [join(temporary, "summary"), join(temporary, "output")];
  for (const file of [summary, output]) writeFileSync(file, "");
  const ran = spawnSync("bash", ["-c", scriptOf("Compare")], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      ...{ HEAD_FILES: "", BASE_FILES: "", FAIL_ON: "", BASE_SHA: sha, ...inputs },
      ECAGEN: `${process.execPath} ${resolve("dist/cli.js")}`,
      ...{ RUNNER_TEMP: temporary, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output },
    },
  });
  const outputs = Object.fromEntries(
    readFileSync(output, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  return {
    code: ran.status,
    output: `${ran.stdout}${ran.stderr}`,
    summary: readFileSync(summary, "utf8"),
    comment: outputs.comment === undefined ? "" : readFileSync(outputs.comment, "utf8"),
    outputs,
  };
}

test("action.yml has the steps that are tested, and they are bash", () => {
  assert.equal(
    steps().map(({ name }) => name),
    ["Compare", "Comment", "Fail on what is not wanted"],
  );
  for (const { run } of steps()) {
    const { status, stderr } = spawnSync("bash", ["-n", "-c", run], { encoding: "utf8" });
    assert.is(status, 0, stderr);
    // What a workflow is given goes into a script by its environment alone: nothing in it can be a command.
    assert.not.match(run, /\$\{\{/);
  }
});

test("a glob is compared with the base commit: what changed, what is new, what is the same", () => {
  const { code, output, summary, comment, outputs } = compare("glob", { HEAD_FILES: "nets/*.json" });
  assert.is(code, 0, output);
  assert.is(outputs.failed, "false");
  assert.is(comment, summary);
  assert.match(comment, /^<!-- ecagen diff -->\n/);
  assert.match(comment, "### `.ecagen-base/nets/a b.json` → `nets/a b.json`");
  assert.match(comment, "attention-removed");
  assert.match(comment, /New:[\s\S]*nets\/new\.json/);
  assert.match(comment, "the networks compute the same of the same inputs and weights");
});

test("a condition that holds is an output, and the table is there all the same", () => {
  const { code, output, outputs, comment } = compare("failing", {
    HEAD_FILES: "nets/a b.json\nnets/same.json\n",
    FAIL_ON: "parameters>+1%\nattention-removed\n",
  });
  assert.is(code, 0, output);
  assert.is(outputs.failed, "true");
  assert.match(comment, "❌ `attention-removed`");
  assert.not.match(comment, "❌ `parameters>+1%`");
});

test("files of base are paired by their names, and two files with each other", () => {
  const named = compare("named", { HEAD_FILES: "nets/*.json", BASE_FILES: "nets/s*.json" });
  assert.is(named.code, 0, named.output);
  assert.match(named.comment, "### `nets/same.json` → `nets/same.json`");
  assert.is(named.comment.match(/^New:$/gm)?.length, 2);
  const two = compare("two", { HEAD_FILES: "nets/new.json", BASE_FILES: "nets/same.json" });
  assert.match(two.comment, "### `nets/same.json` → `nets/new.json`");
});

test("an input that is wrong ends the job, with what is wrong", () => {
  const none = compare("none", { HEAD_FILES: "nets/*.txt" });
  assert.is(none.code, 2);
  assert.match(none.output, "::error::no file matches head");
  const wrong = compare("wrong", { HEAD_FILES: "nets/a b.json", FAIL_ON: "paramters>1" });
  assert.is(wrong.code, 2);
  assert.match(wrong.output, "there is no number paramters");
});

test("the comment is written once, and then changed", () => {
  const bin = at("bin");
  mkdirSync(bin);
  const [log, comment] = [at("gh.log"), at("comment.md")];
  writeFileSync(comment, "<!-- ecagen diff -->\n");
  // What GitHub's command would be asked.
  writeFileSync(
    join(bin, "gh"),
    `#!/bin/bash\nprintf '%s\\n' "$*" >> ${log}\nif [[ $* == *--jq* ]]; then printf '%s' "$KNOWN"; fi\n`,
  );
  chmodSync(join(bin, "gh"), 0o755);
  const asked = (known: string): readonly string[] => {
    writeFileSync(log, "");
    const { status, stderr } = spawnSync("bash", ["-c", scriptOf("Comment")], {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        ...{ GITHUB_REPOSITORY: "o/r", NUMBER: "7", COMMENT: comment, KNOWN: known },
      },
    });
    assert.is(status, 0, stderr);
    return readFileSync(log, "utf8").trim().split("\n").slice(1);
  };
  assert.equal(asked(""), [`api repos/o/r/issues/7/comments -F body=@${comment} --silent`]);
  assert.equal(asked("11\n12"), [`api -X PATCH repos/o/r/issues/comments/11 -F body=@${comment} --silent`]);
});

test("the last step fails", () => {
  assert.is(spawnSync("bash", ["-c", scriptOf("Fail on what is not wanted")]).status, 1);
});

test.run();
