import type { CommandModule } from "yargs";
import { InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import { sharedOptions } from "../options.js";
import { conclude } from "../outcome.js";
import type { DefinedCommand } from "./command.js";

interface GroupDefinition {
  readonly name: string;
  /** One line. */
  readonly doc: string;
  readonly commands: readonly DefinedCommand[];
  /** What runs where none of them is named: its usage begins with `$0`. */
  readonly main?: DefinedCommand;
}

/** A group as yargs takes it, with its commands. */
export interface CommandGroup extends CommandModule {
  readonly group: GroupDefinition;
}

/** Commands under a common name, `ecagen NAME COMMAND`; each is one of `defineCommand`. */
export function defineGroup(group: GroupDefinition): CommandGroup {
  const { name, doc, commands, main } = group;
  const known = commands.map(({ command }) => String(command).split(" ")[0] ?? "");
  /** What runs where no command of the group was named; hidden from the help. */
  const otherwise: CommandModule = {
    command: "$0 [command] [rest..]",
    describe: false,
    builder: (yargs) => yargs.options({ json: sharedOptions.json }),
    handler: (args) =>
      conclude(args.json === true, () => {
        const { command } = args;
        throw InputError.of(
          "cli/usage",
          command === undefined ? `which command of ${name}?` : `unknown command "${name} ${command}"`,
          { hint: didYouMean(String(command ?? ""), known) },
        );
      }),
  };
  return {
    group,
    command: name,
    describe: doc,
    builder: (yargs) =>
      main === undefined
        ? yargs.usage(`ecagen ${name} COMMAND\n\n${doc}`).command([...commands, otherwise])
        : yargs.command([...commands, main]),
    // Never called: there is always a command, if only the hidden one.
    handler: () => undefined,
  };
}
