/** The entry of the thread beside a shard: does one task after the other, as numbers in shared memory. */

import { parentPort } from 'node:worker_threads'
import { backgroundFits } from '../models/detectors/arima/background-fits.ts'
import { type BackgroundJob, DONE, FAILED, QUEUED, TAKEN } from './background.ts'

parentPort!.on('message', ({ name, input, result, state }: BackgroundJob) => {
  // The shard may have taken it back meanwhile.
  if (Atomics.compareExchange(state, 0, QUEUED, TAKEN) !== QUEUED) return
  try {
    result.set(backgroundFits[name]!(input))
    Atomics.store(state, 0, DONE)
  } catch {
    // The shard works it out itself, and meets the error where it can be reported.
    Atomics.store(state, 0, FAILED)
  }
})
