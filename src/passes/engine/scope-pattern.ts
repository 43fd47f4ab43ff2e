import { matchesText, matchesWildcards } from "../../base/wildcard.js";

// A pattern of scopes: `*` is any part of one name, `**` any number of names, everything else is itself.
//
//     /stages/2/**            everything in stage 2
//     /stages/*/blocks/0/**   everything in the first block of each stage
//     /**/attention           every scope of that name

/** The pattern as a test of whole scopes. It takes steps in proportion to the product of both lengths, whatever they are. */
export function scopePattern(pattern: string): (scope: string) => boolean {
  const names = pattern.split("/");
  return (scope) => matchesWildcards(names, scope.split("/"), matchesText, (name) => name === "**");
}
