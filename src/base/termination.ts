const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `clean` when the process exits or is asked to. After a signal it then ends the process as that signal
 * does by default, unless someone else listens to it too. Gives the function that takes the listeners back.
 */
export function onTermination(clean: () => void): () => void {
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      clean();
      process.off(signal, listener);
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  process.on("exit", clean);
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
    process.off("exit", clean);
  };
}
