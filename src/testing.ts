/**
 * What a test of a pipeline needs: `import { script } from 'millrace/testing'`.
 *
 * A script says what arrives and when, `memory()` of the main entry keeps what comes out, and nothing here looks at a
 * clock: a test built of these gives the same rows every time. May import the public face and `testing/`.
 */

import './core/refuse-old-node.ts'

import { type ColumnTypes, type Dataset, type RowOf, read } from './index.ts'
import { type ScriptedOptions, type ScriptStep, scriptedSource } from './testing/scripted-source.ts'

export type { Clock } from './core/engine.ts'
export { type ManualClock, manualClock } from './testing/manual-clock.ts'
export {
  type ScriptedOptions,
  type ScriptedSource,
  type ScriptStep,
  scriptedSource,
} from './testing/scripted-source.ts'
export { seeded } from './testing/seeded.ts'

/**
 * A dataset that follows one script: rows that arrive, promises waited for, failures. For several splits, or to see
 * what was opened and closed, give a {@link scriptedSource} to `read.source`.
 *
 * @param options `bounded`: whether the rows end, for the types and the plan; true by default. The script itself ends.
 * @throws {PlanError} `COLUMN_TYPE`: the schema
 * @example
 * const broken = script({ n: 'int32' }, [{ rows: [{ n: 1 }] }, { fail: new Error('no more paper') }])
 * await broken.count().catch(error => error.cause.message) // 'no more paper'
 */
export function script<S extends ColumnTypes, const Bounded extends boolean = true>(
  schema: S,
  steps: readonly ScriptStep[],
  options: ScriptedOptions<Bounded> = {},
): Dataset<RowOf<S>, Bounded extends true ? 'bounded' : 'unbounded'> {
  return read.source(scriptedSource(schema, [steps], options), schema)
}
