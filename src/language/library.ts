import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { fileName, type SourceText } from "../base/source.js";
import { didYouMean } from "../base/suggest.js";

/** Who asks for a spec, for the message where it is not there. */
export type Asker = Pick<Diagnostic, "path" | "range">;

/** Where the specs are that another one may extend: files on a disk, or texts at hand. */
export interface SpecLibrary {
  /**
   * The spec that `reference` names, seen from the file that has the reference. Errors: `InputError` for one that is not there or
   * can't be read.
   */
  read(reference: string, from: string, asker: Asker): SourceText;
  /** What all spellings of one file's name share. */
  identity(file: string): string;
}

/** The specs at hand, by names such as `b0-eca`, with or without `.json`. */
export function libraryOf(texts: Readonly<Record<string, string>>): SpecLibrary {
  const known = new Map(Object.entries(texts).map(([name, text]) => [identity(name), text]));
  return {
    read(reference, _from, asker) {
      const text = known.get(identity(reference));
      if (text === undefined) throw specNotFound(reference, `spec ${reference}`, known.keys(), asker);
      return { file: reference, text };
    },
    identity,
  };
}

function identity(name: string): string {
  return name.replace(/\.json$/, "");
}

/** An error of a spec that is not there. `known`: the names of those that a user may have meant. */
export function specNotFound(
  reference: string,
  what: string,
  known: Iterable<string>,
  where: Asker | { readonly file: string },
): InputError {
  const hint = didYouMean(fileName(reference, ".json"), known);
  return InputError.of("spec/not-found", `there is no ${what}`, {
    ...where,
    hint: hint?.startsWith("did") ? hint : "`ecagen list` shows the specs that ship with ecagen",
  });
}
