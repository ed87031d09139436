/** When the rows of windows leave: what `window` takes beside the windows. */

import { PlanError } from '../errors.ts'
import type { AggNode, EmitSpec } from '../operators/agg-node.ts'
import { shown } from '../options.ts'
import { type Duration, durationMs, positiveMs } from '../time/duration.ts'
import type { WindowSpec } from '../time/windows/spec.ts'
import { checkedOptions } from './arguments.ts'

/**
 * When the row of a window leaves, over data that does not end. `'onClose'`, the default: once, when the watermark has
 * passed its end. `'onChange'`: after each batch of rows that changes it. `{ every }`: what has changed, each time the
 * watermark comes to a multiple of that much event time. `{ rows }`: after every so many rows of a group.
 */
export type WindowEmit = 'onClose' | 'onChange' | { readonly every: Duration } | { readonly rows: number }

/** When the rows of windows leave, and how late rows may be. */
export interface WindowOptions {
  /**
   * How much later than the end of its window a row may come: it corrects the row of the window then. Later ones are in
   * `late()`. Default: none.
   */
  readonly allowedLateness?: Duration
  /** Default `'onClose'`. */
  readonly emit?: WindowEmit
}

/** A window with its options, as the node of an aggregation has them. */
export type WindowNode = Pick<AggNode, 'window' | 'emit' | 'allowedLatenessMs'>

/** @throws {PlanError} `EMIT`, `DURATION`, `OPTION` */
export function windowNode(window: WindowSpec, given: WindowOptions, above: Function): WindowNode {
  const options = checkedOptions<WindowOptions>('window', given, ['allowedLateness', 'emit'], above)
  const { allowedLateness, emit } = options
  const latenessMs = allowedLateness === undefined ? 0 : durationMs(allowedLateness, 'allowedLateness', above)
  const spec = emit === undefined ? undefined : emitSpec(emit, above)
  return {
    window,
    ...(spec ? { emit: spec } : {}),
    ...(latenessMs > 0 ? { allowedLatenessMs: latenessMs } : {}),
  }
}

function emitSpec(emit: WindowEmit, above: Function): EmitSpec {
  if (emit === 'onClose') return { on: 'close' }
  if (emit === 'onChange') return { on: 'change' }
  if (typeof emit === 'object' && emit !== null && Object.keys(emit).length === 1) {
    if ('every' in emit) return { everyMs: positiveMs(emit.every, 'every of emit', above) }
    if ('rows' in emit && Number.isSafeInteger(emit.rows) && emit.rows > 0) return { rows: emit.rows }
  }
  throw new PlanError('EMIT', `emit says when the rows of windows leave, got ${shown(emit)}`, {
    hint: "emit: 'onClose', 'onChange', { every: '10s' } or { rows: 100 }",
    above,
  })
}
