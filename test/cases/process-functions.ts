/** Process functions that the cases call. */

import { processFunction } from '../../src/core/user-functions/process-function.ts'

interface Reading {
  readonly at: Date
  readonly sensor: string | null
  readonly value: number | null
}

/** Each row with its number, the values so far, and a sum by parity; says when a sensor was silent for 10 s. */
export const readings = processFunction<Reading, Readonly<Record<string, unknown>>>({
  onRow({ at, sensor, value }, context) {
    const count = context.value<number>('count')
    const values = context.list<number | null>('values')
    const sums = context.map<boolean, number>('sums')
    const deadline = context.value<number>('deadline')
    count.set((count.get() ?? 0) + 1)
    values.add(value)
    const odd = (value ?? 0) % 2 === 1
    sums.set(odd, (sums.get(odd) ?? 0) + (value ?? 0))
    if (deadline.get() !== undefined) context.clearTimer(deadline.get()!)
    deadline.set(at.getTime() + 10_000)
    context.setTimer(deadline.get()!)
    context.emit({
      sensor,
      at,
      n: count.get(),
      values: values.get().join(),
      odd: sums.get(true) ?? 0,
      threshold: context.broadcast<string, number>('thresholds').get(sensor ?? '') ?? null,
    })
    if ((value ?? 0) > 90) context.emitTo('high', { sensor, value })
  },
  onTimer(context) {
    context.emit({ sensor: context.key.sensor, at: context.time, n: -context.value<number>('count').get()! })
    context.clear()
  },
  onBroadcast({ sensor, threshold }: { sensor: string; threshold: number }, context) {
    context.broadcast<string, number>('thresholds').set(sensor, threshold)
  },
})

/** A timer that sets itself again and again, which the end of the data must end. */
export const ticking = processFunction<Reading, { sensor: string | null; at: Date }>({
  onRow({ at }, context) {
    if (context.value('on').get()) return
    context.value('on').set(true)
    context.setTimer(at.getTime() + 5_000)
  },
  onTimer(context) {
    context.emit({ sensor: context.key.sensor, at: context.time! })
    context.setTimer(context.time!.getTime() + 5_000)
  },
})

export const throwing = processFunction<Reading, {}>({
  onRow({ value }) {
    if (value === 3) throw new RangeError('three is\ntoo much')
  },
})
export const misspelt = processFunction<Reading, {}>({ onRow: (_, context) => context.emit({ sensr: 'a' }) })
export const keeping = processFunction<Reading, {}>({
  onRow: (_, context) => context.value('f').set(() => 1),
})
export const promising = { onRow: async () => {} }
export const notOne = 3
