/** A progress bar on stderr, where that is a terminal; nothing is shown (or loaded) elsewhere. */
export interface Progress {
  /** `part`: from 0 to 1. */
  update(message: string, part: number): void;
  stop(): void;
}

const SILENT: Progress = { update: () => {}, stop: () => {} };

export async function startProgress(): Promise<Progress> {
  if (!process.stderr.isTTY) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      format: "{bar} {percentage} % {message}",
      stream: process.stderr,
      clearOnComplete: true,
      // Ctrl-C may end this process at any time, and the cursor would stay hidden.
      hideCursor: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(1, 0, { message: "" });
  return { update: (message, part) => bar.update(part, { message }), stop: () => bar.stop() };
}
