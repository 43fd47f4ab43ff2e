import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The network of `poisonedFixture`'s weights, under timm's names. */
export const FIXTURE = "test/data/fixtures/effnet_se";

/** The weights of a fixture, with NaN at the given elements of each tensor. */
export function poisonedFixture(
  folder: string,
  elements: Readonly<Record<string, readonly number[]>>,
): string {
  const bytes = readFileSync(`${FIXTURE}.safetensors`);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Record<string, { data_offsets: number[] }>;
  for (const [name, places] of Object.entries(elements)) {
    const [at] = header[name]?.data_offsets ?? [];
    if (at === undefined) throw new Error(`${FIXTURE} has no ${name}`);
    for (const place of places) bytes.writeFloatLE(NaN, start + at + 4 * place);
  }
  const file = join(folder, "poisoned.safetensors");
  writeFileSync(file, bytes);
  return file;
}
