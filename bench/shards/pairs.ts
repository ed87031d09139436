/** Runs that alternate, and what comes of them. */

import { median } from '../harness/measure.ts'

export interface Run {
  readonly cpuMs: number
  readonly wallMs: number
}

/** CPU of all threads of this process and wall time of some work. */
export async function run(work: () => Promise<unknown>): Promise<Run> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - began }
}

/** `one` and `other` in turn, after two pairs that do not count. */
export async function pairsOf(
  pairs: number,
  one: () => Promise<Run>,
  other: () => Promise<Run>,
  warmUps = 2,
): Promise<{ one: Run[]; other: Run[] }> {
  const runs = { one: [] as Run[], other: [] as Run[] }
  for (let pair = -warmUps; pair < pairs; pair++) {
    const [a, b] = [await one(), await other()]
    if (pair < 0) continue
    runs.one.push(a)
    runs.other.push(b)
  }
  return runs
}

/** CPU of the others over that of the ones, and their speed: medians over the pairs, then of the least runs. */
export function ratios({ one, other }: { one: Run[]; other: Run[] }): string {
  const over = (key: keyof Run, turned: boolean): string => {
    const ratio = (a: number, b: number) => (turned ? b / a : a / b)
    const perPair = median(other.map((run, i) => ratio(run[key], one[i]![key])))
    const least = (runs: Run[]) => Math.min(...runs.map(run => run[key]))
    return `${perPair.toFixed(2)} (least ${ratio(least(other), least(one)).toFixed(2)})`
  }
  return `CPU ${over('cpuMs', false)}, speed ${over('wallMs', true)}`
}

/** The value below which that share of all lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
