/** Spans of a series in specs, `{ ms }` or `{ points }`, as a number of points. */
import type { DetectorSpec } from '../../../core/detector.ts'
import { ModelError, PlanError } from '../../../core/errors.ts'

/**
 * A span of a spec in points.
 *
 * @throws {ModelError} `DETECTOR_SPEC` when it is no span; {@link PlanError} `DETECTOR_STEP` for one in time when
 *   the step of the series is not known.
 */
export function specPoints(spec: DetectorSpec, name: string, everyMs: number | undefined): number {
  const span = Object.hasOwn(spec, name) ? spec[name] : undefined
  if (span !== null && typeof span === 'object') {
    const { ms, points } = span as { ms?: unknown; points?: unknown }
    if (typeof points === 'number' && Number.isSafeInteger(points) && points > 0) return points
    if (typeof ms === 'number' && ms > 0) {
      if (everyMs !== undefined) return Math.max(1, Math.ceil(ms / everyMs))
      throw new PlanError(
        'DETECTOR_STEP',
        `the ${spec.kind} detector got a ${name} of ${ms} ms, but the series has no known step`,
        { hint: `give ${name} in points, or say how far the points are apart: { every: '1h' }` },
      )
    }
  }
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector needs a ${name} of { ms } or { points }, got ${JSON.stringify(span)}`,
    { hint: `build specs with ${spec.kind}()` },
  )
}
