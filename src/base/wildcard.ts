/** Whether a text matches a pattern in which `*` stands for any characters, in steps bounded by both lengths' product. */
export function matchesText(pattern: string, text: string): boolean {
  return matchesWildcards(
    [...pattern],
    [...text],
    (a, b) => a === b,
    (character) => character === "*",
  );
}

/**
 * Whether items match patterns one to one, where a wildcard takes any number of items. Only the last wildcard
 * ever has to take one more: what stands before it has matched as early as possible.
 */
function matchesWildcards(
  patterns: readonly string[],
  items: readonly string[],
  matches: (pattern: string, item: string) => boolean,
  isWildcard: (pattern: string) => boolean,
): boolean {
  let [p, i] = [0, 0];
  let retry: { readonly pattern: number; item: number } | undefined;
  while (i < items.length) {
    const pattern = patterns[p];
    if (pattern !== undefined && isWildcard(pattern)) {
      retry = { pattern: ++p, item: i };
    } else if (pattern !== undefined && matches(pattern, items[i] as string)) {
      p++;
      i++;
    } else if (retry !== undefined) {
      p = retry.pattern;
      i = ++retry.item;
    } else {
      return false;
    }
  }
  return patterns.slice(p).every(isWildcard);
}

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
