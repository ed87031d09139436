/** Changelogs as rows and back, and a part of the rows. */

import { isMap } from '../../src/core/types/nested-type.ts'
import { Senseless } from './plan.ts'
import { columnList, following, keySql, PLACE, type Verb } from './verb.ts'

/** `changes`, and `fromChanges` behind it: which changes there are depends on batches, what is there in the end does not. */
export const changesAndBack: Verb<object> = {
  propose: () => ({}),
  shape(_, [input]) {
    if (input!.columns.some(c => c.name === 'weight')) throw new Senseless('a name twice')
    if (input!.columns.some(c => c.approximate || c.unknown)) throw new Senseless('equal up to rounding')
    if (input!.columns.some(c => isMap(c.type))) throw new Senseless('maps are not compared')
    const { eventTime: _t, windowMs: _m, windowEnd: _e, keys: _k, ...timeless } = following(input!)
    const changes = !input!.bounded
    return {
      ...timeless,
      lateness: false,
      nearSource: false,
      sequenced: !changes && input!.sequenced,
      ...(changes ? { changes, interleaved: true } : {}),
    }
  },
  code: () => `.changes().fromChanges({ weight: 'weight' })`,
  sql(_, [input]) {
    const { columns } = input!.shape
    const equal = columns.map(({ name }) => keySql(input!.shape, name)).join(', ')
    const first = `min(${PLACE.order}) OVER (PARTITION BY ${equal})`
    const rows = `SELECT *, ${first} AS "~first" FROM ${input!.from}`
    return `SELECT ${columnList(columns)}, row_number() OVER (ORDER BY "~first", ${PLACE.order}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM (${rows})`
  },
}

interface SampleParameters {
  readonly size: number
  readonly seed: number
}

/** Chosen by a hash that SQL does not know, but the same in every way to run. */
export const sample: Verb<SampleParameters> = {
  propose(random, input) {
    if (input.changes) return undefined
    return { size: random.pick([0.3, 0.7, ...(input.bounded ? [1, 5] : [])]), seed: random.int(0, 3) }
  },
  shape({ size }, [input]) {
    if (input!.changes || input!.interleaved) throw new Senseless('no places')
    if (size >= 1 && !input!.bounded) throw new Senseless('a number of rows needs an end')
    return following(input!, { known: false })
  },
  code: ({ size, seed }) => `.sample(${size}, { seed: ${seed} })`,
  sql: (_, [input]) => `SELECT * FROM ${input!.from}`,
}
