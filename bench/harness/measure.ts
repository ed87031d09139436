/**
 * Measures cases beside each other, so that what else the machine does hits all alike: every round runs each case once,
 * in order, and ratios are taken round by round. The median of the rounds is what counts.
 */

import benny from 'benny'

export interface Case {
  readonly name: string
  /** Rows a run goes through; 0 where only time counts. */
  readonly rows: number
  /** One run. A promise is awaited. */
  run(): unknown
}

export interface Figure {
  readonly name: string
  readonly rows: number
  /** Median over the rounds. */
  readonly medianMs: number
  readonly bestMs: number
  /** Processor time of all threads of this process, median: what the machine's other work distorts least. */
  readonly cpuMs: number
  /** Millions of rows a second at the median; absent without rows. */
  readonly mRowsPerSecond?: number
  /** Rate of this case over that of the named peer in the same round, median over the rounds. */
  readonly ratios: Readonly<Record<string, number>>
  /** Every round, ms. */
  readonly roundsMs: readonly number[]
}

export interface Measured {
  readonly title: string
  readonly figures: readonly Figure[]
}

/**
 * Runs every case `rounds` times, after `warmUps` runs each that do not count.
 *
 * @param peers names of cases that the others are compared with
 */
export async function measure(
  title: string,
  cases: readonly Case[],
  { rounds, peers, warmUps = 1 }: { rounds: number; peers: readonly string[]; warmUps?: number },
): Promise<Measured> {
  const perRound = Array.from({ length: rounds }, (_, round) =>
    cases.map((_, at) => ({ round, at, label: `${round} ${at}` })),
  ).flat()
  const cpuMs = cases.map((): number[] => [])
  for (let i = 0; i < warmUps; i++) for (const { run } of cases) await run()
  const summary = await benny.suite(
    title,
    ...perRound.map(({ label, at }) => benny.add(label, probed(cases[at]!, cpuMs[at]!), ONE_RUN)),
  )
  const samples = new Map(summary.results.map(({ name, details }) => [name, details.min * 1000]))
  const roundsOf = (at: number) => perRound.filter(run => run.at === at).map(run => samples.get(run.label)!)
  const all = cases.map((_, at) => roundsOf(at))
  const figures = cases.map(({ name, rows }, at): Figure => {
    const roundsMs = all[at]!
    const medianMs = median(roundsMs)
    const ratios: Record<string, number> = {}
    for (const peer of peers) {
      const other = cases.findIndex(candidate => candidate.name === peer)
      if (other < 0 || other === at) continue
      const rate = (c: number, round: number) => Math.max(1, cases[c]!.rows) / all[c]![round]!
      ratios[peer] = median(roundsMs.map((_, round) => rate(at, round) / rate(other, round)))
    }
    return {
      name,
      rows,
      medianMs,
      bestMs: Math.min(...roundsMs),
      cpuMs: median(cpuMs[at]!),
      ...(rows > 0 ? { mRowsPerSecond: rows / medianMs / 1000 } : {}),
      ratios,
      roundsMs,
    }
  })
  return { title, figures }
}

/** Whole runs are long: each is a sample of its own. */
const ONE_RUN = { minSamples: 1, maxTime: 1e-9, minTime: 1e-9 }

/**
 * Benny calls every case twice to find out what it returns, all at once and before the suite starts; those calls must
 * cost nothing.
 */
const PROBES = 2

function probed({ run }: Case, cpuMs: number[]): () => Promise<void> {
  let calls = 0
  return async () => {
    if (++calls <= PROBES) return
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    cpuMs.push((user + system) / 1000)
  }
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
