/**
 * Deferred fits: they take effect later than they are set off, and are worked out in the background meanwhile.
 *
 * What a fit needs is copied when it is set off, and kept in the state until it takes effect: results depend neither on
 * the speed of the background nor on a restore, after which the fit is worked out again. Tickets are no part of the state.
 */
import { type Background, type DetectorSpec, inPlace, type Ticket } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import type { FieldSpec, StateTable } from '../../../core/fold.ts'
import { backgroundFits } from './background-fits.ts'

/** Points from setting off a fit to its effect; `asap`: until the first value that finds it ready. */
export type RefitDelay = number | 'asap'

export interface DeferredFits {
  /** A field while fits are deferred, none otherwise. */
  readonly layout: Readonly<Record<string, FieldSpec>>
  bind(state: StateTable): void
  /** Whether a fit of the key has been set off that has not taken effect. */
  isWaiting(key: number): boolean
  /** Sets a fit off at a position of the key. The input is not changed afterwards. */
  start(key: number, position: number, input: Float64Array): void
  /** What has been fitted, when it takes effect at the position: then the key waits no longer. */
  due(key: number, position: number): Float64Array | undefined
}

/** The position of the effect, then the input of the fit. */
const waitingField: FieldSpec = {
  kind: 'object',
  encode(value) {
    const { buffer, byteOffset, byteLength } = value as Float64Array
    return new Uint8Array(buffer, byteOffset, byteLength)
  },
  decode: bytes => new Float64Array(bytes.slice().buffer),
}

/** @param name of the function in `background-fits.ts` */
export function deferredFits(
  delay: RefitDelay,
  name: string,
  results: number,
  background: Background = inPlace,
): DeferredFits {
  const compute = backgroundFits[name]!
  const tickets = new WeakMap<Float64Array, Ticket>()
  let waiting: (Float64Array | undefined)[] = []

  const submit = (fit: Float64Array): Ticket => {
    const ticket = background.submit({ name, input: fit.subarray(1), results, compute })
    tickets.set(fit, ticket)
    return ticket
  }

  return {
    layout: delay === 0 ? {} : { waitingFits: waitingField },
    bind(state) {
      if (delay !== 0) waiting = (state as unknown as { waitingFits: typeof waiting }).waitingFits
    },
    isWaiting: key => waiting[key] !== undefined,
    start(key, position, input) {
      const fit = new Float64Array(1 + input.length)
      fit[0] = delay === 'asap' ? position : position + delay
      fit.set(input, 1)
      waiting[key] = fit
      submit(fit)
    },
    due(key, position) {
      const fit = waiting[key]
      if (fit === undefined) return undefined
      // A fit that came from a snapshot has no ticket.
      const ticket = tickets.get(fit) ?? submit(fit)
      if (delay === 'asap' ? !ticket.ready : position < fit[0]!) return undefined
      waiting[key] = undefined
      return ticket.take()
    },
  }
}

/** The `refitDelay` of a spec. @throws {ModelError} `DETECTOR_SPEC` when it is no whole number and not `'asap'`. */
export function specRefitDelay(spec: DetectorSpec): RefitDelay {
  const delay = spec.refitDelay ?? 0
  if (delay === 'asap' || (Number.isSafeInteger(delay) && (delay as number) >= 0)) return delay as RefitDelay
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector needs a refitDelay of whole points or 'asap', got ${JSON.stringify(delay)}`,
    { hint: 'build specs with arima(), arma(), ar() or ma()' },
  )
}
