import { PlanError } from '../errors.ts'
import type { SampleNode } from '../operators/sample.ts'
import { checkNames, shown } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'

/** What {@link Dataset.sample} takes after the size. */
export interface SampleOptions {
  /** Another seed, another sample. A whole number; default 0. */
  readonly seed?: number
}

/** @throws {PlanError} `SAMPLE`, `OPTION` */
export function sampleNode(size: number, options: SampleOptions, above: Function): NodeBody<SampleNode> {
  checkNames('sample', options, ['seed'], above)
  const { seed = 0 } = options
  if (!Number.isSafeInteger(seed)) {
    throw new PlanError('OPTION', `seed of sample() is a whole number, got ${shown(seed)}`, {
      hint: 'seed: 1',
      above,
    })
  }
  if (typeof size === 'number' && size > 0 && size < 1) return { kind: 'sample', fraction: size, seed }
  if (Number.isSafeInteger(size) && size >= 1 && size < 2 ** 31) return { kind: 'sample', rows: size, seed }
  throw new PlanError(
    'SAMPLE',
    `sample takes a share between 0 and 1, or a number of rows, got ${shown(size)}`,
    {
      hint: 'sample(0.1) is a tenth of the rows, sample(100) a hundred rows',
      above,
    },
  )
}
