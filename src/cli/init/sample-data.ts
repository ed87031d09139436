/** Sample data of a new project: requests to three services, every five minutes of two weeks. */

const STEP_MS = 300_000
const STEPS = 14 * 288
const START_MS = Date.UTC(2026, 0, 5)

/** Mean requests in five minutes, and the hour at which a service is busiest. */
const SERVICES = [
  ['checkout', 90, 20],
  ['login', 140, 9],
  ['search', 320, 15],
] as const

/** Steps at which something happens: checkout is down for half an hour, a robot finds the search. */
const OUTAGE = { from: 12 * 288 + 156, steps: 6 }
const ROBOT = { from: 9 * 288 + 40, steps: 3, times: 3 }

/** The file as CSV, the same every time. */
export function sampleRequests(): string {
  const uniform = numbers(20_260_105)
  const lines = ['at,service,requests,latency_ms']
  for (let step = 0; step < STEPS; step++) {
    const at = new Date(START_MS + step * STEP_MS).toISOString().slice(0, 19)
    for (const [service, mean, peak] of SERVICES) {
      const angle = (2 * Math.PI * ((step % 288) - peak * 12)) / 288
      let expected = mean * (1 + 0.6 * Math.cos(angle))
      if (service === 'checkout' && within(step, OUTAGE)) expected *= 0.03
      if (service === 'search' && within(step, ROBOT)) expected *= ROBOT.times
      const requests = Math.max(0, Math.round(expected + Math.sqrt(expected) * normal(uniform)))
      const latency = 35 + 0.05 * expected + 4 * normal(uniform)
      lines.push(`${at},${service},${requests},${latency.toFixed(1)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

const within = (step: number, { from, steps }: { from: number; steps: number }): boolean =>
  step >= from && step < from + steps

/** Uniform numbers in (0, 1) by the generator of Park and Miller (1988, *Communications of the ACM* 31). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

/** By the transformation of Box and Muller (1958, *Annals of Mathematical Statistics* 29). */
const normal = (uniform: () => number): number =>
  Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
