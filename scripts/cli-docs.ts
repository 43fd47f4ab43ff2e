import type { Options } from "yargs";
import { markdownTable } from "../src/base/markdown.js";
import type { CommandFacts } from "../src/cli/commands/command.js";
import { commands } from "../src/cli/commands/registry.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from src/cli/commands/. Do not edit. -->

# Commands and flags

All commands with their arguments, flags and examples, as in \`ecagen COMMAND --help\`. [command-line.md](command-line.md) describes the common parts:
streams, exit codes, \`--set\`, JSON. In the tables *may repeat* means that a flag can be given several times.

All commands also have \`--help\` (\`-h\`) and \`--version\`.
`;

/** docs/cli.md: every command of the CLI, with all of its flags. */
export function cliDocs(): string {
  const all: readonly CommandFacts[] = commands.flatMap((command) =>
    "group" in command
      ? [command.group.main ?? [], command.group.commands].flat().map(({ facts }) => ({
          ...facts,
          usage: `${command.group.name} ${facts.usage.replace("$0 ", "")}`,
        }))
      : [command.facts],
  );
  const names = all.map(nameOf);
  const contents = names.map((name) => `[${name}](#${`ecagen ${name}`.replaceAll(" ", "-")})`).join(" · ");
  return [INTRODUCTION, `${contents}\n`, ...all.map(commandDocs)].join("\n");
}

/** `weights diff` of `weights diff <a> <b>`. */
function nameOf({ usage }: CommandFacts): string {
  return usage.replace(/ [<[].*/, "");
}

function commandDocs(facts: CommandFacts): string {
  const { usage, doc, positionals, options, examples } = facts;
  return [
    `## ecagen ${nameOf(facts)}\n`,
    `    ecagen ${usage}\n`,
    `${doc}.\n`,
    ...(Object.keys(positionals).length === 0
      ? []
      : [
          markdownTable(
            ["argument", "default", "meaning"],
            Object.entries(positionals).map(([name, option]) => {
              const { fallback, meaning } = described(option);
              return [`\`${name}\``, fallback, meaning];
            }),
          ),
        ]),
    markdownTable(
      ["flag", "value", "default", "meaning"],
      Object.entries(options).map(([name, option]) => {
        const { fallback, meaning } = described(option);
        return [flagOf(name, option), takenBy(option), fallback, meaning];
      }),
    ),
    ...(examples.length === 0
      ? []
      : [`Examples:\n\n${examples.map(([command, what]) => `    # ${what}\n    ${command}\n`).join("")}`]),
  ].join("\n");
}

function flagOf(name: string, { alias }: Options): string {
  const others = alias === undefined ? [] : [alias].flat();
  return [name, ...others].map((each) => `\`${each.length === 1 ? "-" : "--"}${each}\``).join(", ");
}

function takenBy({ type, choices, array = false }: Options): string {
  const value =
    choices !== undefined
      ? choices.map((each) => `\`${each}\``).join(", ")
      : type === "boolean"
        ? ""
        : type === "number"
          ? "number"
          : "text";
  return array ? `${value}, may repeat` : value;
}

const DEFAULT = / \[default: ([^\]]*)\]/;

/** The help's text, and its default: yargs' own, or the one that the text has in brackets. */
function described({ describe = "", default: given }: Options): {
  readonly fallback: string;
  readonly meaning: string;
} {
  const [, said = ""] = DEFAULT.exec(describe) ?? [];
  const fallback = given === undefined || given === false ? said : `\`${String(given)}\``;
  return { fallback, meaning: `${describe.replace(DEFAULT, "")}.` };
}
