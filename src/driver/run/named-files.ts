import { existsSync } from "node:fs";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";

/** Files for an input or an output of a model. */
export interface NamedFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Says which files are for which of a model's ports: `FILE` for the only one, `NAME=FILE` for one of several. In the
 * order of the ports; of those without a file there is nothing.
 *
 * @param what `input` or `output`, for messages
 * @throws InputError with everything that has no port
 */
export function namedFiles(
  texts: readonly string[],
  what: "input" | "output",
  ports: readonly string[],
): readonly NamedFiles[] {
  const [only] = ports.length === 1 ? ports : [];
  const diagnostics: Diagnostic[] = [];
  const found = new Map<string, string[]>(ports.map((name) => [name, []]));
  for (const text of texts) {
    // Names of ports may have "=" in them, and so may those of files.
    const name = ports.findLast((port) => text.startsWith(`${port}=`));
    if (name !== undefined) found.get(name)?.push(text.slice(name.length + 1));
    else if (only !== undefined && !looksNamed(text)) found.get(only)?.push(text);
    else diagnostics.push(withoutPort(text, what, ports));
  }
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  return [...found].filter(([, files]) => files.length > 0).map(([name, files]) => ({ name, files }));
}

/** `name=file`, where there is no file of that whole name. */
function looksNamed(text: string): boolean {
  return /^[\w.:/-]+=/.test(text) && !existsSync(text);
}

function withoutPort(text: string, what: string, ports: readonly string[]): Diagnostic {
  const known = ports.join(", ");
  if (!looksNamed(text)) {
    return {
      code: "run/which",
      message: `the model has the ${what}s ${known}; ${text} does not name one of them`,
      hint: `--${what} ${ports[0]}=${text}`,
    };
  }
  const name = text.slice(0, text.indexOf("="));
  return {
    code: "run/unknown-name",
    message: `the model has no ${what} ${name}, only ${known}`,
    hint: didYouMean(name, ports),
  };
}
