/** Holds a thread up: mostly not, now and then for a few steps, seldom for as long as many steps take. */
export function holdUp(): void {
  const dice = Math.random()
  if (dice < 0.6) return
  const longestMs = dice < 0.9 ? 0.06 : dice < 0.99 ? 0.8 : 4
  const endMs = performance.now() + longestMs * Math.random()
  while (performance.now() < endMs);
}

/** Holds this thread up at words that it shares with others, too: now and then, just before it reads, writes or waits on one. */
export function holdUpAtWords(): void {
  for (const operation of ['load', 'store', 'exchange', 'compareExchange', 'wait'] as const) {
    const real = Atomics[operation] as (...args: unknown[]) => unknown
    Atomics[operation] = ((...args: unknown[]) => {
      if (Math.random() < 0.02) holdUp()
      return real(...args)
    }) as never
  }
}
