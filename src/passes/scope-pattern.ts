// A pattern of scopes: `*` is any part of one name, `**` any number of names, everything else is itself.
//
//     /stages/2/**            everything in stage 2
//     /stages/*/blocks/0/**   everything in the first block of each stage
//     /**/attention           every scope of that name

const WILDCARDS: Readonly<Record<string, string>> = { "/**": "(?:/[^/]+)*", "**": ".*", "*": "[^/]*" };

/** The pattern as a test of whole scopes. */
export function scopePattern(pattern: string): (scope: string) => boolean {
  const source = pattern
    .split(/(\/?\*\*|\*)/)
    .map((part) => WILDCARDS[part] ?? part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"))
    .join("");
  const regex = new RegExp(`^${source}$`);
  return (scope) => regex.test(scope);
}
