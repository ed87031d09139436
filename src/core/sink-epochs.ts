/** Which epochs a sink that keeps a record of them writes. */

import { ConnectorError } from './errors.ts'

/**
 * Whether a sink that holds a job's epochs up to `committed` (undefined: none) is to write `epoch`; false when it has it.
 *
 * @throws {ConnectorError} `SINK_BEHIND` when epochs before it are missing: rows would be lost
 */
export function writesEpoch(label: string, committed: number | undefined, epoch: number): boolean {
  const held = committed ?? -1
  if (epoch <= held + 1) return epoch === held + 1
  const has = held < 0 ? 'nothing of this job' : `this job's commits 0 to ${held}`
  throw new ConnectorError(
    'SINK_BEHIND',
    `the job goes on with commit ${epoch}, but ${label} holds ${has}: rows would be missing`,
    {
      hint: 'write to the table or file that the job wrote before it was stopped; was it moved, or replaced by another job?',
    },
  )
}
