/** Windows as users write them: factories of the plain specs that the `agg` node carries. */

import { PlanError } from '../errors.ts'
import { checkNames, shown } from '../options.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import type { WindowSpec } from '../time/windows/spec.ts'

export type { WindowSpec } from '../time/windows/spec.ts'

/**
 * Windows of one size, one after the other: a row belongs to exactly one. They start at multiples of the size since
 * 1970-01-01T00:00Z, so `tumbling('1d')` is a UTC day; `offset` moves them.
 *
 * @throws {PlanError} `DURATION` for what is not a duration, `WINDOW_SIZE` for a size of nothing.
 * @example
 * tumbling('1h')                   // 00:00, 01:00, …
 * tumbling('1d', { offset: '6h' }) // days from six to six
 */
export function tumbling(size: Duration, options: { readonly offset?: Duration } = {}): WindowSpec {
  checkNames('tumbling', options, ['offset'], tumbling)
  const { offset = 0 } = options
  const sizeMs = durationMs(size, 'the size of tumbling()', tumbling)
  if (sizeMs === 0) {
    throw new PlanError('WINDOW_SIZE', 'tumbling() needs a positive size, got 0 ms', {
      hint: "tumbling('1m') is one minute",
      above: tumbling,
    })
  }
  const offsetMs = durationMs(offset, 'the offset of tumbling()', tumbling) % sizeMs
  return Object.freeze({ kind: 'tumbling', sizeMs, offsetMs })
}

/** What `window` was given. @throws {PlanError} `OPTION` for what no factory of windows has made */
export function windowSpec(given: WindowSpec, above: Function): WindowSpec {
  if (given?.kind === 'tumbling') return given
  throw new PlanError('OPTION', `window takes windows, got ${shown(given)}`, {
    hint: "window(tumbling('1h'))",
    above,
  })
}
