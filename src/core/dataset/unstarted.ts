/** Writes that nobody started: they are named when the process ends, since they look as if they had written. */

import { PlanError } from '../errors.ts'
import { type CallSite, thrownAt } from '../planner/call-site.ts'

/** Kept at most; a program that makes more without starting them is told of the first ones. */
const MAX_KEPT = 20

interface Unstarted {
  readonly label: string
  readonly site: CallSite | undefined
}

const unstarted = new Set<Unstarted>()
/** Held weakly: what is to be written may be large, and must not be kept for a message. */
const notes = new WeakMap<object, Unstarted>()
let more = 0
let listening = false

/** Notes a write that is to be started. */
export function noteWrite(write: object, label: string, site: CallSite | undefined): void {
  const note = { label, site }
  notes.set(write, note)
  if (unstarted.size < MAX_KEPT) unstarted.add(note)
  else more++
  if (listening) return
  listening = true
  process.once('exit', code => {
    // Where the program failed, it may not have come to what it would have started.
    if (code === 0) for (const line of report()) console.error(line)
  })
}

/** Notes that it was started, or explained. */
export function noteStart(write: object): void {
  const note = notes.get(write)
  if (!note) return
  notes.delete(write)
  if (!unstarted.delete(note)) more--
}

function* report(): Generator<string> {
  for (const { label, site } of unstarted.values()) {
    const error = new PlanError(
      'NOT_STARTED',
      `nothing was written to ${label}: its write() was never started`,
      {
        hint: 'await dataset.write(sink).start(), or start([…]) for several',
      },
    )
    thrownAt(error, site)
    yield `millrace: ${error.code}: ${error.stack!.slice(error.stack!.indexOf(': ') + 2)}`
  }
  if (more > 0) yield `millrace: NOT_STARTED: … and ${more} more`
}
