/** Where the ops of a block unfold. */
export function blockId(network: number, path: string): string {
  return `n${network}-${path.replace(/^\//, "").replaceAll(/[^A-Za-z0-9]+/g, (other) => (other === "/" ? "-" : `-${hexOf(other)}-`))}`;
}

/** Names in files have any sign; ids have none that a link would spell otherwise. */
function hexOf(text: string): string {
  return [...text].map((sign) => (sign.codePointAt(0) ?? 0).toString(16)).join(".");
}

/** Files by their names alone, where these tell them apart. */
export function shownNames(files: readonly string[]): readonly string[] {
  const names = files.map((file) => file.split(/[\\/]/).at(-1) ?? file);
  return new Set(names).size === names.length ? names : files;
}
