/** The words of any text: its runs of letters and digits of ASCII, so that nothing else gets into a name made of them. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Za-z0-9]+/g) ?? [];
}

/** `eca` as `Eca`; the other letters stay. */
export function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

/** Words that some common language keeps for itself, in lower case. A name of several words is never one of them. */
const RESERVED = new Set(
  `abstract alignas alignof and any as asm assert async auto await bool boolean break byte case catch chan char class
  compl const consteval constexpr constinit continue crate debugger decltype def default defer del delete do double
  dyn elif else enum eval except exec explicit export extends extern fallthrough false final finally float fn for
  friend from func function global go goto if impl implements import in inline instanceof int interface internal is
  lambda let long loop map match mod module move mut mutable namespace native new nil nonlocal none noreturn not null
  nullptr object operator or out override package pass priv private protected pub public raise range ref register
  reinterpret requires restrict return self short signed sizeof static strictfp string struct super switch
  synchronized template this throw throws trait transient true try type typedef typeid typename typeof union unsafe
  unsigned unsized use using val var virtual void volatile wchar when where while with xor yield`.split(
    /\s+/,
  ),
);

/** A text in the ways that languages write names; identifiers in all of the common ones. */
export function nameForms(text: string) {
  const found = wordsOf(text).slice(0, 40);
  const words = found.length === 0 ? ["network"] : found;
  const lower = words.map((each) => each.toLowerCase());
  const [first = "", ...others] = words;
  return {
    text,
    kebab: lower.join("-"),
    snake: safe(lower.join("_")),
    constant: safe(words.join("_").toUpperCase()),
    camel: safe([first.charAt(0).toLowerCase() + first.slice(1), ...others.map(capitalized)].join("")),
    pascal: safe(words.map(capitalized).join("")),
  };
}

function safe(name: string): string {
  if (/^\d/.test(name)) return `_${name}`;
  return RESERVED.has(name.toLowerCase()) ? `${name}_` : name;
}

/** Identifiers in snake case, one for each text, no two of them equal. */
export function uniqueIdentifiers(texts: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return texts.map((text) => {
    const wanted = nameForms(text).snake;
    let free = wanted;
    for (let i = 2; taken.has(free); i++) free = `${wanted}_${i}`;
    taken.add(free);
    return free;
  });
}
