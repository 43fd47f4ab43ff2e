import { capitalized, wordsOf } from "../names.js";

/**
 * Names for generated TypeScript, made of a spec's name, which can be any text. Only letters and digits of ASCII come
 * through, so a name can't end a string, a comment or an identifier.
 */

/**
 * The class of a network: `efficientnet-b0-eca` → `EfficientnetB0EcaModel`. The ending keeps it apart from the words of
 * the language, from global names and from those that the package declares; a text without a letter or a digit gives `NetworkModel`.
 */
export function className(text: string): string {
  const name = wordsOf(text).map(capitalized).join("").slice(0, 100);
  if (name === "") return "NetworkModel";
  return /^\d/.test(name) ? `Network${name}Model` : `${name}Model`;
}

/**
 * The npm package of a network: `EfficientNet B0 (ECA)` → `efficientnet-b0-eca-model`. The ending keeps it apart from
 * packages that it depends on and from names that npm refuses.
 */
export function packageName(text: string): string {
  return [...wordsOf(text.toLowerCase()), "model"].join("-").slice(-200).replace(/^-/, "");
}
