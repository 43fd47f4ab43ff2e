import leven from "leven";

/** Longer ones are no words that someone misspelt, and take time with the product of their lengths. */
const LONGEST_WORD = 200;

/** The known words nearest to a misspelt one, best first; none when nothing is near enough to be meant. */
export function nearestWords(word: string, known: Iterable<string>, limit = 3): string[] {
  if (word.length > LONGEST_WORD) return [];
  const needle = word.toLowerCase();
  return [...new Set(known)]
    .filter((candidate) => candidate.length <= LONGEST_WORD)
    .map((candidate) => ({ candidate, distance: leven(needle, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.max(1, Math.floor(Math.max(needle.length, candidate.length) * 0.4)),
    )
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate, "en"))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** `did you mean "kernel"?`, or a list of everything known when nothing is near and the list is short. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const all = [...new Set(known)];
  const near = nearestWords(word, all);
  if (near.length > 0) return `did you mean ${near.map((each) => JSON.stringify(each)).join(" or ")}?`;
  return all.length > 0 && all.length <= 24 ? `known: ${all.join(", ")}` : undefined;
}
