import type { RandomStream } from "../../src/base/random.js";

/** Frequent words of English, short and long, with the letters that look alike when they are turned. */
const WORDS =
  "about above address after again air almost along also always animal answer apple area around arrive autumn baby balance bank basket beautiful become before begin behind below better between black blue board boat body book border bottle bottom bread bridge bright bring brother build butter button call camera candle careful carry castle centre chair change cheap child church circle city clean clear clock close cloud coast coffee colour common company copper corner cotton country course cover cross crowd danger daughter decide deep delivery depend desert different dinner direction discover distance doctor dollar double dream driver early earth east echo edge effect eight electric empty energy engine enough entrance evening event every example express factory family famous farmer field figure final finger fire first flight floor flower follow foreign forest forward fresh friend front fruit future garden general glass gold grain grass great green ground group guide habit half hammer happen harbour heart heavy height history holiday honest horse hospital hotel house hundred husband idea industry information inside instead invite iron island journey judge juice jump kitchen knee ladder language large laugh leather letter level library light limit liquid listen little local machine market material meal measure medicine member memory metal middle milk million minute mirror modern moment money month morning mother mountain museum music narrow nature needle neighbour network never night noise normal north notice number object ocean office often open orange order other oven owner package page paint paper parcel parent passage pattern pepper perfect person picture pilot plane planet plastic plate platform pocket point police pool popular position possible powder power present price problem profit promise proof public purple quality quarter question quick quiet radio railway reason record regular repair report rest river road roof round rubber safety salt sample sand school science season second secret send sentence serious service seven shadow sharp shelf ship shirt shop short shoulder signal silver simple sister size sleep small smooth snow social soft solid south special speed spoon spring square stage stamp station steam steel still stone store storm straight street strong student substance sudden sugar summer supply surface sweet system table taste teacher temperature test thick thousand thread ticket tight timber together tomorrow tongue tooth total touch tower town trade train travel tree trouble true turn twenty under unit until upper valley value vessel village violet voice volume walk warm wash watch water wave weather weight west wheel white whole wide window winter wire woman wonder wood word work world wrong yard yellow yesterday young zero".split(
    " ",
  );

/** One of a list. */
export function pick<T>(stream: RandomStream, list: readonly T[]): T {
  return list[Math.floor(stream.uniform(0, list.length))] as T;
}

/** A whole number from `least` to `most`. */
export function whole(stream: RandomStream, least: number, most: number): number {
  return Math.floor(stream.uniform(least, most + 1));
}

const digits = (stream: RandomStream, least: number, most: number): string =>
  Array.from({ length: whole(stream, least, most) }, () => whole(stream, 0, 9)).join("");

/** What a text consists of besides words: numbers, prices, dates, times, codes. */
const NUMBERS: readonly ((stream: RandomStream) => string)[] = [
  (stream) => digits(stream, 2, 6),
  (stream) => `${whole(stream, 1, 999)}.${digits(stream, 2, 2)}`,
  (stream) => `${whole(stream, 1, 28)}.${whole(stream, 1, 12)}.${whole(stream, 1980, 2029)}`,
  (stream) => `${whole(stream, 10, 23)}:${whole(stream, 10, 59)}`,
  (stream) => `${pick(stream, ["A", "B", "K", "No", "R", "T"])}${digits(stream, 2, 5)}`,
];

/** A word as it stands in texts, or a number. */
export function token(stream: RandomStream): string {
  if (stream.uniform(0, 1) < 0.25) return pick(stream, NUMBERS)(stream);
  const word = pick(stream, WORDS);
  const shape = stream.uniform(0, 1);
  if (shape < 0.2) return word.toUpperCase();
  return shape < 0.5 ? `${word.charAt(0).toUpperCase()}${word.slice(1)}` : word;
}

/** Some tokens with spaces between them. */
export function phrase(stream: RandomStream, least: number, most: number): string {
  return Array.from({ length: whole(stream, least, most) }, () => token(stream)).join(" ");
}
