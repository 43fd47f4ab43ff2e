import { InputError } from "../../base/diagnostic.js";
import { didYouMean } from "../../base/suggest.js";
import { matchesText } from "../../base/wildcard.js";

/**
 * Whether a name matches one of the patterns, in which `*` stands for any characters: `*.attention.*`,
 * `head.classifier.*`. A pattern that no known name matches is a mistake.
 *
 * Errors: `InputError` for such patterns, all of them.
 */
export function anyNamePattern(
  flag: string,
  patterns: readonly string[],
  known: readonly string[],
): (name: string) => boolean {
  const idle = patterns.filter((pattern) => !known.some((name) => matchesText(pattern, name)));
  if (idle.length > 0) {
    throw new InputError(
      idle.map((pattern) => ({
        code: "weights/idle-pattern",
        message: `${flag} ${JSON.stringify(pattern)} matches no parameter of the network and no tensor of the file`,
        hint: didYouMean(pattern.replaceAll("*", ""), known) ?? "* stands for any characters",
      })),
    );
  }
  return (name) => patterns.some((pattern) => matchesText(pattern, name));
}
