import type { CommandModule, InferredOptionTypes, Options } from "yargs";
import { asGiven } from "../arguments.js";
import { sharedOptions } from "../options.js";
import { conclude, type Outcome } from "../outcome.js";
import { FORMATS, type Format } from "../tables/forms.js";
import { setWide } from "../wrap.js";

/** What a command says of itself, for `--help` and docs/cli.md. */
export interface CommandFacts {
  /** `compile <spec>`, in yargs' form. */
  readonly usage: string;
  /** One line. */
  readonly doc: string;
  readonly positionals: Readonly<Record<string, Options>>;
  readonly options: Readonly<Record<string, Options>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
}

/** A command as yargs takes it, with its facts. */
export interface DefinedCommand extends CommandModule {
  readonly facts: CommandFacts;
}

interface CommandDefinition<
  P extends Readonly<Record<string, Options>>,
  O extends Readonly<Record<string, Options>>,
> extends CommandFacts {
  readonly positionals: P;
  readonly options: O;
  /** Does the work; everything heavy is imported here, so that `--help` stays fast. */
  run(args: InferredOptionTypes<P> & InferredOptionTypes<O> & { readonly json: boolean }): Promise<Outcome>;
}

/** A command of the CLI: parse the flags, call the driver, print, set the exit code. Every command has `--json`. */
export function defineCommand<
  const P extends Readonly<Record<string, Options>>,
  const O extends Readonly<Record<string, Options>>,
>(command: CommandDefinition<P, O>): DefinedCommand {
  const options = { ...command.options, json: sharedOptions.json };
  return {
    facts: { ...command, options },
    command: command.usage,
    describe: command.doc,
    builder: (yargs) => {
      let built = yargs;
      for (const [name, option] of Object.entries(command.positionals))
        built = built.positional(name, option as never);
      for (const [example, what] of command.examples) built = built.example(example, what);
      return built.options(options).check((args) => {
        for (const [name, { array = false, coerce }] of Object.entries<Options>(command.options)) {
          // A flag that is coerced sees to that itself, and may be a list.
          if (Array.isArray(args[name]) && !array && coerce === undefined)
            throw new Error(`--${name} is given twice`);
        }
        if (args.json === true && formatOf(args) !== "text")
          throw new Error("--json and --format are two forms of the same: give one of them");
        return true;
      });
    },
    handler: (args) => {
      const given = asGiven(args);
      setWide(given.wide === true);
      return conclude(args.json === true, () => command.run(given as never), formatOf(given));
    },
  };
}

/** The form of the tables of a command that has `formatFlag`. */
function formatOf({ format }: Readonly<Record<string, unknown>>): Format {
  return FORMATS.find((each) => each === format) ?? "text";
}
