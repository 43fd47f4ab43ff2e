/** A name as messages show it: quoted, on one line, and not longer than that. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length <= 120 ? name : `${name.slice(0, 117)}...`);
}

/** Whether a text can be written as UTF-8: half of a surrogate pair can't. */
export function isUnicode(name: string): boolean {
  return !/\p{Surrogate}/u.test(name);
}
