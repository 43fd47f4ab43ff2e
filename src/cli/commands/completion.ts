import yargs from "yargs";
import { defineCommand } from "./command.js";

export const completionCommand = defineCommand({
  usage: "completion",
  doc: "Print a script for shell completion (bash, zsh)",
  positionals: {},
  options: {},
  examples: [["ecagen completion >> ~/.bashrc", "enables completion of commands and flags in new shells"]],
  async run() {
    const script = await completionScript();
    return { json: { script }, text: () => script };
  },
});

/** The script that yargs writes for the shell named by `$SHELL`. */
function completionScript(): Promise<string> {
  return new Promise((resolve, reject) => {
    yargs()
      .scriptName("ecagen")
      .completion("completion")
      .parse(["completion"], {}, (error: Error | undefined, _argv: unknown, output: string) => {
        if (error) reject(error);
        else resolve(output);
      });
  });
}
