import { quoteName } from "../tensor-name.js";

/**
 * What a valid JSON text has that `JSON.parse` hides: keys that an object has twice, and numbers that are no plain
 * whole ones (`1.0`, `-0`, `1e3`), which a header's sizes and offsets must be. Messages, at most `limit`.
 */
export function hiddenProblems(json: string, limit: number): readonly string[] {
  const problems: string[] = [];
  /** The keys of each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const match of json.matchAll(TOKEN)) {
    if (problems.length === limit) break;
    const [token] = match;
    const keys = open.at(-1);
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":" && keys !== undefined && last !== undefined) {
      const key = JSON.parse(last) as string;
      if (keys.has(key)) problems.push(`${quoteName(key)} is there twice`);
      keys.add(key);
    } else if (/^[-\d]/.test(token) && !/^(0|[1-9]\d*)$/.test(token)) {
      problems.push(`the number ${token.slice(0, 40)} is no whole number, written in digits, from 0 up`);
    }
    last = token.startsWith('"') ? token : undefined;
  }
  return problems;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/g;
