/** `explain({ analyze: true })` runs a plan and writes nothing. */

import type { Sink } from '../../core/connector.ts'
import type { Attachments } from '../../core/engine.ts'

/** What a sink does of itself. Everything else about it, such as what it accepts, decides how the plan runs. */
const NOTHING: Pick<Sink, 'open' | 'begin' | 'write' | 'commit' | 'abort' | 'close'> = {
  async open() {},
  async begin() {},
  async write() {},
  async commit() {},
  async abort() {},
  async close() {},
}

/** The same connectors, with sinks that take rows and do nothing with them. */
export const discarding = (attachments: Attachments): Attachments => ({
  ...attachments,
  sinks: new Map([...attachments.sinks].map(([name, sink]) => [name, discardingSink(sink)])),
})

function discardingSink(sink: Sink): Sink {
  return new Proxy(sink, {
    get(target, name) {
      if (name in NOTHING) return NOTHING[name as keyof typeof NOTHING]
      // It holds nothing of this job.
      if (name === 'committed') return undefined
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
