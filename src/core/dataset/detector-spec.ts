/** From what users give to `detect` to the detector that nodes carry. */

import type { DetectorModel, DetectorSpec } from '../detector.ts'
import { PlanError } from '../errors.ts'
import { callSite, thrownAt } from '../planner/build.ts'

/** What `detect` takes: a detector, a model that can be one, or what the `fit` of a distribution gave. */
export type DetectorArgument = DetectorSpec | DetectorModel | { readonly distribution: DetectorModel }

type Found = Partial<DetectorModel & DetectorSpec & { distribution: Partial<DetectorModel> }>

/**
 * @throws {PlanError} `MODEL_SPEC` for what is no detector and no model that can be one
 * @throws {ModelError} `DETECTOR_OPTION` for a model that cannot score: one with regressors
 */
export function detectorSpec(detector: unknown, above: Function): DetectorSpec {
  const found: Found = typeof detector === 'object' && detector !== null ? detector : {}
  const model = typeof found.asDetector === 'function' ? found : (found.distribution ?? {})
  if (typeof model.asDetector === 'function') {
    try {
      return model.asDetector()
    } catch (error) {
      throw thrownAt(error, callSite(above))
    }
  }
  if (typeof found.kind === 'string' && found.kind !== SAVED_ARIMA) return found as DetectorSpec
  const { got, hint } = mistaken(detector)
  throw new PlanError('MODEL_SPEC', `detect takes a detector or a model, got ${got}`, { hint, above })
}

/** The kind of a saved ARIMA model, which is no detector before it is read back. */
const SAVED_ARIMA = 'arima-fit'

/** What has been given instead, and what to write. */
function mistaken(detector: unknown): { got: string; hint: string } {
  switch (typeof detector) {
    case 'number':
      return {
        got: String(detector),
        hint: `options come after the detector: detect('x', auto(), { alpha: ${detector} })`,
      }
    case 'string':
      return {
        got: JSON.stringify(detector),
        hint: "detectors are made by functions: import { ewma } from 'millrace', detect('x', ewma())",
      }
    case 'function':
      return functionGiven(detector)
    case 'object':
      return detector === null
        ? { got: 'null', hint: 'leave it out for auto()' }
        : objectGiven(detector as Record<string, unknown>)
    default:
      return { got: typeof detector, hint: "detect('x', ewma())" }
  }
}

function functionGiven(given: Function): { got: string; hint: string } {
  const { name } = given
  if (typeof (given as { fit?: unknown }).fit === 'function') {
    return {
      got: `the family ${name}, which has no parameters yet`,
      hint: `fitted(${name}) learns them while it scores, ${name}.fit(history) beforehand; ${name}({ … }) names them`,
    }
  }
  return { got: `the function ${name || 'without a name'}`, hint: `call it: ${name || 'ewma'}()` }
}

const OPTIONS = ['by', 'alpha', 'falseDiscoveries', 'every', 'order', 'as']

function objectGiven(given: Record<string, unknown>): { got: string; hint: string } {
  const keys = Object.keys(given)
  const got = `an object with ${keys.slice(0, 4).join(', ') || 'nothing in it'}`
  if (given.kind === SAVED_ARIMA)
    return { got: 'a saved ARIMA model', hint: 'read it back: arima.fromJSON(saved)' }
  if (typeof given.name === 'string' && typeof given.parameters === 'object') {
    return { got: 'a saved distribution', hint: 'read it back: distributionFromJSON(saved)' }
  }
  if (keys.length > 0 && keys.every(key => OPTIONS.includes(key))) {
    return { got, hint: "options come after the detector: detect('x', auto(), { by: [] })" }
  }
  return {
    got,
    hint: "detect('x', ewma()), detect('x', arima(history, { order: [1, 0, 0] })), detect('x', poisson({ rate: 3 }))",
  }
}
