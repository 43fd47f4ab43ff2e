import pc from "picocolors";

/**
 * The colours of what is printed: in a terminal, and nowhere else, so that logs and pipes get text. `NO_COLOR` takes them away, and
 * `FORCE_COLOR` has them everywhere; with 0 or false, nowhere.
 */
export const colours = pc.createColors(hasColours(process.env, process.stdout.isTTY === true));

export function hasColours(
  { NO_COLOR, FORCE_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (isSet(NO_COLOR) || FORCE_COLOR === "0" || FORCE_COLOR === "false") return false;
  return isSet(FORCE_COLOR) || (isTerminal && TERM !== "dumb");
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== "";
}
