/** The last part of a path, without an ending that it may have: `b0-eca` of `specs/b0-eca.json`. */
export function fileName(path: string, ending = ""): string {
  const name = path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/s, "");
  return name.endsWith(ending) && name !== ending ? name.slice(0, name.length - ending.length) : name;
}
