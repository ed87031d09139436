/** Verbs over series: windows without rows, detectors, models. */

import { type ColumnType, isNumeric } from '../../src/core/types/column-type.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless } from './plan.ts'
import { duckdbType, quoted } from './sql-names.ts'
import { columnList, following, items, keySql, PLACE, timelyRows, type Verb } from './verb.ts'

const code = JSON.stringify

export const fillGaps: Verb<{ values: string; ttlMs?: number }> = {
  propose(random, input) {
    if (input.windowMs === undefined || input.eventTime !== 'windowStart' || !input.keys) return undefined
    if (!input.columns.some(c => c.name === 'windowEnd')) return undefined
    const numbers = input.columns.filter(c => c.type === 'int53' && !input.keys!.includes(c.name))
    const values = numbers.length && random.chance(0.7) ? `{ ${code(numbers[0]!.name)}: 0 }` : '{}'
    // At most a few hundred windows: rows lie weeks apart at most, and keys are few.
    if (input.windowMs < 60_000) return undefined
    const ttlMs = input.windowMs * random.pick([1, 2, 5])
    return { values, ttlMs }
  },
  shape({ values }, [input]) {
    if (input!.windowMs === undefined || input!.eventTime !== 'windowStart') throw new Senseless('no window')
    if (!input!.keys || !input!.columns.some(c => c.name === 'windowEnd')) throw new Senseless('no keys')
    for (const name of Object.keys(new Function(`return ${values}`)())) {
      if (columnOf(input!, name).type !== 'int53' || input!.keys.includes(name))
        throw new Senseless('no number')
    }
    const columns = input!.columns.map(c => ({
      ...c,
      nullable: c.nullable || !(input!.keys!.includes(c.name) || c.name.startsWith('window')),
    }))
    return following(input!, { columns, known: false })
  },
  code: ({ values, ttlMs }) => `.fillGaps({ values: ${values}, ttl: ${ttlMs} })`,
  sql: (_, [input]) => `SELECT * FROM ${input!.from}`,
}

interface DetectParameters {
  readonly column: string
  readonly by: readonly string[]
  readonly detector: string
  readonly as: string
  /** More options, as they are written. */
  readonly options: string
}

/** The columns of `detect`. */
const MADE = [
  ['Expected', 'float64'],
  ['Lower', 'float64'],
  ['Upper', 'float64'],
  ['PValue', 'float64'],
  ['Score', 'float64'],
  ['Anomaly', 'bool'],
  ['Reason', 'utf8'],
  ['ReasonScore', 'float64'],
  ['Suppressed', 'bool'],
] as const
const SQL_TYPES = { float64: 'DOUBLE', bool: 'BOOLEAN', utf8: 'VARCHAR' } as const

export const detect: Verb<DetectParameters> = {
  propose(random, input) {
    if (input.eventTime === undefined || input.changes) return undefined
    const numbers = input.columns.filter(c => isNumeric(c.type) && !c.approximate)
    if (numbers.length === 0 || input.columns.some(c => c.name === 'dScore')) return undefined
    const by = random
      .some(
        usable(input).filter(c => c.name !== input.eventTime),
        random.int(0, 1),
      )
      .map(c => c.name)
    return {
      column: random.pick(numbers).name,
      by,
      detector: random.pick(['ewma({ warmup: 10 })', 'robustZ()', 'cusum()']),
      options: random.pick(['', '', ', falseDiscoveries: 0.3', ", ttl: '1h'"]),
      as: 'd',
    }
  },
  shape({ column: name, by, as }, [input]) {
    if (input!.eventTime === undefined || input!.changes) throw new Senseless('no event time')
    const { type } = columnOf(input!, name)
    if (!isNumeric(type)) throw new Senseless('detect scores numbers')
    const keys = by.map(key => columnOf(input!, key))
    const made = MADE.map(
      ([suffix, type]): Column => ({ name: as + suffix, type, nullable: true, unknown: true }),
    )
    const columns = [...input!.columns, ...made]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    if (keys.some(c => c.approximate)) throw new Senseless('a key that is rounded')
    return following(input!, { columns, keys: by, nearSource: false, lateness: false })
  },
  code: ({ column: name, by, detector, as, options }) =>
    `.detect(${code(name)}, ${detector}, { by: ${code(by)}, as: ${code(as)}, alpha: 0.1${options} })`,
  sql({ as }, [input]) {
    const { columns, eventTime } = input!.shape
    const made = MADE.map(([suffix, type]) => `NULL::${SQL_TYPES[type]} AS ${quoted(as + suffix)}`)
    return `SELECT ${columnList(columns)}, ${made.join(', ')}, row_number() OVER (ORDER BY ${quoted(eventTime!)}, ${PLACE.order}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, ${PLACE.split} FROM ${timelyRows(input!)}`
  },
}

interface SeriesParameters {
  readonly column: string
  readonly model: string
  readonly by: readonly string[]
  readonly steps?: number
}

/** `fit`, or `forecast`: models of the series, compared with those of other ways to run only. */
const seriesVerb = (
  name: 'fit' | 'forecast',
  made: readonly Column[],
  models: readonly string[],
): Verb<SeriesParameters> => ({
  propose(random, input) {
    const numbers = usable(input).filter(c => isNumeric(c.type) && !c.unknown)
    if (!input.bounded || input.eventTime === undefined || numbers.length === 0) return undefined
    const by = random.some(
      usable(input).filter(c => !c.unknown && c.name !== input.eventTime),
      random.pick([0, 1, 1]),
    )
    return {
      column: random.pick(numbers).name,
      by: by.map(c => c.name),
      model: random.pick(models),
      ...(name === 'forecast' ? { steps: random.int(1, 3) } : {}),
    }
  },
  shape({ column, by, steps = 1 }, [input]) {
    if (!input!.bounded || input!.eventTime === undefined || input!.interleaved)
      throw new Senseless('no series')
    if (!isNumeric(columnOf(input!, column).type)) throw new Senseless(`${name} takes numbers`)
    const keys = by.map(key => columnOf(input!, key))
    if (keys.some(c => c.approximate)) throw new Senseless('a key that is rounded')
    const columns = [...keys, ...made]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return {
      columns,
      bounded: true,
      keys: by,
      lateness: false,
      sequenced: true,
      streamed: input!.streamed,
      known: input!.known && by.length > 0,
      nearSource: false,
      atMost: input!.atMost * steps,
    }
  },
  code: ({ column, by, model, steps }) =>
    `.${name}(${code(column)}, ${model}, { by: ${code(by)}${steps === undefined ? '' : `, steps: ${steps}`} })`,
  sql({ by, steps = 1 }, [input]) {
    const keys = by.map((key, i): [string, string] => [keySql(input!.shape, key), `~k${i}`])
    const named = by.map((key, i): [string, string] => [`"~k${i}"`, key])
    const nulls = made.map((c): [string, string] => [`NULL::${duckdbType(c.type)}`, c.name])
    const order = [...by.map((_, i) => `"~k${i}" NULLS LAST`), '"~step"'].join(', ')
    const groups = `SELECT DISTINCT ${keys.length ? items(keys) : '1 AS "~k"'} FROM ${input!.from}`
    return `SELECT ${items([...named, ...nulls])}, row_number() OVER (ORDER BY ${order}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM (${groups}), range(${steps}) AS steps("~step")`
  },
})

const result = (type: ColumnType, ...names: string[]): Column[] =>
  names.map(name => ({ name, type, nullable: true, unknown: true }))

export const fit = seriesVerb(
  'fit',
  [
    ...result('int53', 'n'),
    ...result('float64', 'logLik', 'aic', 'bic', 'sigma2'),
    ...result('utf8', 'model', 'error'),
  ],
  ['models.poisson', 'models.normal', "models.ar({ p: 1, method: 'css' })"],
)

export const forecast = seriesVerb(
  'forecast',
  [
    ...result('int32', 'step'),
    ...result('timestamp[ms]', 'time'),
    ...result('float64', 'mean', 'standardError', 'lower', 'upper'),
    ...result('utf8', 'error'),
  ],
  ["models.ar({ p: 1, method: 'css' })"],
)
