/** What a check finds against a result: that it is wrong, that it says less than was asked for, or that the check can't tell. */
export interface Finding {
  readonly status: "wrong" | "refused" | "unchecked";
  readonly why: string;
}

export function wrong(why: string): Finding {
  return { status: "wrong", why };
}

export function unchecked(why: string): Finding {
  return { status: "unchecked", why };
}

/** That two facts differ. */
export function differenceOf(what: string, ours: unknown, theirs: unknown): Finding | undefined {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return a === b ? undefined : wrong(`${what}: ${a} by ecagen, ${b} by the check`);
}

/** Of several findings one that is wrong, or else the first. */
export function worstOf(findings: readonly (Finding | undefined)[]): Finding | undefined {
  return findings.find((each) => each?.status === "wrong") ?? findings.find((each) => each !== undefined);
}
