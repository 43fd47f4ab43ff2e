/** A name as messages show it: quoted, on one line, not long, and without what a terminal would obey. */
export function quoteName(name: string): string {
  const short = name.length <= 120 ? name : `${name.slice(0, 117)}...`;
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, "?");
}

/** Whether a text can be written as UTF-8: half of a surrogate pair can't. */
export function isUnicode(name: string): boolean {
  return !/\p{Surrogate}/u.test(name);
}
