const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const cleaners = new Set<() => void>();
let listening = false;

/**
 * Calls `clean` when the process exits or is asked to. After a signal it then ends the process as that signal
 * does by default, unless someone else listens to it too. Gives the function that takes the listener back.
 */
export function onTermination(clean: () => void): () => void {
  if (!listening) listen();
  cleaners.add(clean);
  return () => {
    cleaners.delete(clean);
    // Not at once: a signal that has come, and whose event is still on its way, would be lost. Of many short waits, as between the
    // runs of a benchmark, most would lose it.
    if (cleaners.size === 0) setImmediate(unlisten);
  };
}

/**
 * To be awaited before a long computation: an event can't reach a listener until it is over, and without listeners the system
 * ends the process at once.
 */
export function withoutListeners(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function listen(): void {
  listening = true;
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("exit", cleanAll);
}

function unlisten(): void {
  if (cleaners.size > 0 || !listening) return;
  listening = false;
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off("exit", cleanAll);
}

function onSignal(signal: NodeJS.Signals): void {
  cleanAll();
  process.off(signal, onSignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function cleanAll(): void {
  for (const clean of cleaners) clean();
}
