/**
 * The arguments of the command line, as yargs can take them. It takes `-` for a flag without a name; so the word for standard input and
 * output goes through it as a text that no shell can give.
 */
export function readableArguments(given: readonly string[]): readonly string[] {
  const [first, ...rest] = given;
  const asked = first === "help" ? [...rest, "--help"] : given;
  return asked.map((each) => (each === STREAM ? HIDDEN : each.endsWith(`=${STREAM}`) ? hidden(each) : each));
}

const STREAM = "-";
const HIDDEN = "\0-";

function hidden(flag: string): string {
  return flag.startsWith("--") ? `${flag.slice(0, -STREAM.length)}${HIDDEN}` : flag;
}

/** The values of flags as they were given. */
export function asGiven(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const one = (value: unknown): unknown => {
    if (typeof value === "string") return textAsGiven(value);
    return Array.isArray(value) ? value.map(one) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, one(value)]));
}

/** A message of yargs with the words as they were given. */
export function textAsGiven(text: string): string {
  return text.replaceAll(HIDDEN, STREAM);
}
