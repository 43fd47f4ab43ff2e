import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecagen } from "./run-cli.js";

/** docs/cli.md has every command and every flag that `--help` prints, with the same meaning. */
const test = suite("cli: the reference");

const page = readFileSync("docs/cli.md", "utf8");
const sections = new Map(
  page
    .split(/^## ecagen /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text]),
);

/** The commands that a help text lists below `ecagen BEFORE`. */
function commandsIn(args: readonly string[]): readonly string[] {
  const help = ecagen([...args, "--help"]).stdout.split(/^(Options|Examples|Positionals):/m)[0] ?? "";
  const listed = help.slice(help.indexOf("Commands:")).matchAll(/^ {2}ecagen ([a-z ]+)/gm);
  return help.includes("Commands:") ? [...listed].map(([, name = ""]) => name.trim()) : [];
}

/** All commands; a command with others below it is one by itself where its help lists it as the default. */
const names = commandsIn([]).flatMap((name) => {
  const below = commandsIn([name]);
  return below.length === 0 ? [name] : below;
});

test("it has every command that --help lists, and no other", () => {
  assert.ok(names.length > 18);
  assert.equal([...sections.keys()].sort(), [...names].sort());
});

for (const name of names) {
  test(`ecagen ${name}: its flags are those of --help`, () => {
    const { stdout, code } = ecagen([...name.split(" "), "--help"]);
    assert.is(code, 0);
    const options = (stdout.split("Options:")[1] ?? "").split("Examples:")[0] ?? "";
    const flags = [...options.matchAll(/^ {2,6}(?:-\w, )?--([\w-]+)/gm)]
      .map(([, flag = ""]) => flag)
      .filter((flag) => flag !== "help" && flag !== "version");
    const shown = [...(sections.get(name) ?? "").matchAll(/^\| `--([\w-]+)`/gm)].map(([, flag = ""]) => flag);
    assert.ok(flags.includes("json"));
    assert.equal(shown.sort(), flags.sort());
  });
}

test("flags that were in no reference are there", () => {
  for (const [name, flag] of [
    ["compile", "dump-ir"],
    ["bench", "threads"],
    ["verify", "seeds"],
    ["list", "attention"],
  ] as const)
    assert.match(sections.get(name) ?? "", `\n| \`--${flag}\` |`);
});

test.run();
