#!/usr/bin/env node
import { runWithCodeCache } from "./code-cache.js";

/** The file that src/cli/main.ts becomes, relative to this one; scripts/build.ts puts its name here. */
declare const ECAGEN_PROGRAM: string;

const args = process.argv.slice(2);
const [first = ""] = args;
const isCommand =
  /^[a-z]+$/.test(first) && first !== "help" && !args.some((arg) => arg === "--help" || arg === "-h");

const program: { readonly ended?: Promise<void> } = runWithCodeCache(
  new URL(ECAGEN_PROGRAM, import.meta.url),
  isCommand ? first : "help",
);
await program.ended;
