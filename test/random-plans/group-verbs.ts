/** Aggregations, windows, and what comes behind them. */

import { type ColumnType, isNumeric, isTimestamp, isWide } from '../../src/core/types/column-type.ts'
import { checkUses, type Expression, knows, randomCondition, usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { duckdbType, epochUs, quoted, timeFromUs } from './sql-names.ts'
import {
  columnList,
  following,
  items,
  keySql,
  PLACE,
  type SqlInput,
  timelyRows,
  type Verb,
  watermarkSql,
} from './verb.ts'

const code = JSON.stringify

interface Aggregate {
  readonly name: string
  readonly fold: string
  readonly of?: string
  readonly by?: string
  readonly p?: number
  /** Only rows for which it holds. */
  readonly where?: Expression
}

interface AggParameters {
  readonly keys: readonly string[]
  readonly window?: {
    readonly sizeMs: number
    readonly offsetMs: number
    /** As a program has it. */
    readonly emit?: string
    readonly allowedMs?: number
  }
  readonly aggregates: readonly Aggregate[]
}

const EMITS = ["'onChange'", '{ every: 20_000 }', '{ every: 3_600_000 }', '{ rows: 1 }', '{ rows: 3 }']

const APPROXIMATE = ['mean', 'variance', 'stddev', 'quantile', 'corr']

export const agg: Verb<AggParameters> = {
  propose(random, input) {
    const keys = random.some(usable(input), random.pick([0, 1, 1, 1, 2])).map(c => c.name)
    const windowed = input.eventTime !== undefined && !input.changes && random.chance(0.6)
    if (keys.some(key => key.startsWith('window')) && windowed) return undefined
    const names = random.some(['n', 's', 'm', 'first', 'high', 'd'], random.int(1, 4))
    const aggregates = names
      .filter(name => !keys.includes(name))
      .flatMap(name => filteredAggregate(random, name, input) ?? [])
    if (aggregates.length + keys.length === 0) return undefined
    const sizeMs = random.pick([1000, 60_000, 3_600_000, 86_400_000])
    const window = {
      sizeMs,
      offsetMs: random.chance(0.2) ? sizeMs / 4 : 0,
      ...(random.chance(0.3) ? { emit: random.pick(EMITS) } : {}),
      ...(random.chance(0.2) ? { allowedMs: random.pick([1000, 60_000, 3_600_000]) } : {}),
    }
    return { keys, aggregates, ...(windowed ? { window } : {}) }
  },
  shape(parameters, [input]) {
    const { keys, window, aggregates } = parameters
    const keyColumns = keys.map(key => columnOf(input!, key))
    if (keyColumns.some(c => c.approximate)) throw new Senseless('a key that is rounded')
    if (window && (input!.eventTime === undefined || input!.changes)) throw new Senseless('agg without time')
    const changes =
      !input!.bounded && (!window || window.emit !== undefined || window.allowedMs !== undefined)
    const columns = [
      ...keyColumns,
      ...(window ? boundsOf(columnOf(input!, input!.eventTime!)) : []),
      ...aggregates.map(aggregate => resultColumn(aggregate, input!)),
    ]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return {
      columns,
      bounded: input!.bounded,
      lateness: false,
      keys,
      sequenced: !changes,
      known: input!.known && !keyColumns.some(c => c.unknown),
      nearSource: false,
      streamed: input!.streamed,
      atMost: input!.atMost,
      ...(changes ? { changes } : window ? { eventTime: 'windowStart', windowMs: window.sizeMs } : {}),
      ...(window ? { hasLate: true } : {}),
    }
  },
  code({ keys, window, aggregates }) {
    const by = keys.length || !window ? `.groupBy(${keys.map(key => code(key)).join(', ')})` : ''
    const options = [
      ...(window?.emit === undefined ? [] : [`emit: ${window.emit}`]),
      ...(window?.allowedMs === undefined ? [] : [`allowedLateness: ${window.allowedMs}`]),
    ]
    const given = options.length > 0 ? `, { ${options.join(', ')} }` : ''
    const windows = window
      ? `.window(tumbling(${window.sizeMs}, { offset: ${window.offsetMs} })${given})`
      : ''
    const list = aggregates.map(({ name, fold, of, by: other, p, where }) => {
      const args = [
        ...(of === undefined ? [] : [code(of)]),
        ...(other === undefined ? [] : [code(other)]),
        ...(p === undefined ? [] : [p]),
      ]
      return `${code(name)}: ${fold}(${args.join(', ')})${where ? `.where(r => ${where.code})` : ''}`
    })
    return `${by}${windows}.agg({ ${list.join(', ')} })`
  },
  sql: (parameters, [input], port) =>
    port === 'late' ? lateSql(parameters, input!) : aggSql(parameters, input!),
}

/** `late()` of an aggregation gives its input's rows. */
export const lateShape = (input: Shape): Shape => {
  const { keys: _, hasLate: __, ...rest } = input
  // The watermark of late rows is like that which they are late for: of one, not of several.
  return input.outOfOrderMs === undefined ? { ...rest, known: false } : rest
}

function boundsOf({ type }: Column): Column[] {
  if (!isTimestamp(type) && type !== 'date') throw new Senseless('no event time')
  const bound: ColumnType = type === 'date' ? 'timestamp[ms]' : type
  return ['windowStart', 'windowEnd'].map(name => ({ name, type: bound, nullable: false }))
}

function filteredAggregate(random: Random, name: string, input: Shape): Aggregate | undefined {
  const aggregate = randomAggregate(random, name, input)
  if (!aggregate || !random.chance(0.25)) return aggregate
  return { ...aggregate, where: randomCondition(random, input, 1) }
}

function randomAggregate(random: Random, name: string, input: Shape): Aggregate | undefined {
  if (name === 'n' && random.chance(0.7)) return { name, fold: 'count' }
  if (usable(input).length === 0) return { name, fold: 'count' }
  const of = random.pick(usable(input))
  const folds = isNumeric(of.type)
    ? [
        'count',
        'sum',
        'sum',
        'mean',
        'min',
        'max',
        'first',
        'last',
        'countDistinct',
        'variance',
        'stddev',
        'quantile',
        'corr',
      ]
    : ['count', 'min', 'max', 'first', 'last', 'countDistinct']
  const fold = random.pick(folds)
  // DuckDB computes these from doubles: neighbours beyond 2^53 are equal to it.
  if ((fold === 'variance' || fold === 'stddev') && /^u?int64$/.test(of.type))
    return { name, fold: 'max', of: of.name }
  if (fold === 'quantile') return { name, fold, of: of.name, p: random.pick([0, 0.25, 0.5, 0.9, 1]) }
  if (fold === 'corr') {
    const others = usable(input).filter(c => isNumeric(c.type) && !c.type.startsWith('float'))
    if (others.length === 0 || of.type.startsWith('float')) return { name, fold: 'mean', of: of.name }
    return { name, fold, of: of.name, by: random.pick(others).name }
  }
  return { name, fold, of: of.name }
}

function resultColumn({ where, ...aggregate }: Aggregate, input: Shape): Column {
  const column = unfilteredColumn(aggregate, input)
  if (!where) return column
  checkUses(where, input)
  return knows(where, input) ? column : { ...column, unknown: true }
}

function unfilteredColumn({ name, fold, of, by }: Aggregate, input: Shape): Column {
  if (of === undefined) return { name, type: 'int53', nullable: false }
  const { type, approximate, unknown } = columnOf(input, of)
  const other = by === undefined ? undefined : columnOf(input, by)
  const numeric = ['sum', ...APPROXIMATE].includes(fold)
  if (input.interleaved && (fold === 'first' || fold === 'last')) throw new Senseless('no order')
  if (numeric && !(isNumeric(type) && (!other || isNumeric(other.type))))
    throw new Senseless(`${fold} of ${type}`)
  if (approximate && !['first', 'last', 'count'].includes(fold))
    throw new Senseless('a fold of what is rounded')
  const marks = {
    nullable: !['count', 'countDistinct'].includes(fold),
    ...((unknown || other?.unknown) && fold !== 'count' ? { unknown: true } : {}),
    ...(unknown && fold === 'count' ? { unknown: true } : {}),
    ...(APPROXIMATE.includes(fold) || approximate ? { approximate: true } : {}),
  }
  const result = (): ColumnType => {
    if (fold === 'count' || fold === 'countDistinct') return 'int53'
    if (APPROXIMATE.includes(fold)) return 'float64'
    if (fold !== 'sum') return type
    if (type.startsWith('float')) return 'float64'
    return isWide(type) ? type : 'int53'
  }
  return { name, type: result(), ...marks }
}

/** Where a window starts, how long it is, and how long rows may come for it, in microseconds. */
function windowUs(
  { window }: AggParameters,
  { shape }: SqlInput,
): { start: string; sizeUs: number; openUs: number } {
  const time = columnOf(shape, shape.eventTime!)
  const sizeUs = window!.sizeMs * 1000
  const moved = `(${epochUs(quoted(time.name), time.type)} - ${window!.offsetMs * 1000})`
  return {
    start: `(${moved} - ((${moved} % ${sizeUs}) + ${sizeUs}) % ${sizeUs} + ${window!.offsetMs * 1000})`,
    sizeUs,
    openUs: sizeUs + (window!.allowedMs ?? 0) * 1000,
  }
}

function lateSql(parameters: AggParameters, input: SqlInput): string {
  const { start, openUs } = windowUs(parameters, input)
  const late = `(SELECT * FROM ${input.from} WHERE ${PLACE.seen} IS NOT NULL AND ${start} + ${openUs} <= ${PLACE.seen})`
  const { shape } = input
  if (shape.outOfOrderMs === undefined) return `SELECT * FROM ${late}`
  return watermarkSql(shape, late, shape.eventTime!, shape.outOfOrderMs)
}

function aggSql(parameters: AggParameters, input: SqlInput): string {
  const { keys, window, aggregates } = parameters
  const { shape } = input
  const time = shape.eventTime === undefined ? '' : `${quoted(shape.eventTime)}, `
  const selected = [
    ...keys.map((key, i): [string, string] => [keySql(shape, key), `~k${i}`]),
    ...aggregates.map((aggregate): [string, string] => [foldSql(aggregate, shape, time), aggregate.name]),
  ]
  const groups = keys.map((_, i) => `"~k${i}"`)
  const orders = [...(window ? ['"~ws"'] : []), ...groups.map(group => `${group} NULLS LAST`)]
  const made = items([
    ...keys.map((key, i): [string, string] => [`"~k${i}"`, key]),
    ...(window ? boundItems(columnOf(shape, shape.eventTime!), window.sizeMs * 1000) : []),
    ...aggregates.map(({ name }): [string, string] => [quoted(`~a ${name}`), name]),
  ])
  const renamed = selected.map(([sql, name]): [string, string] => [
    sql,
    name.startsWith('~k') ? name : `~a ${name}`,
  ])
  const from = window ? timely(parameters, input) : input.from
  const by = [...(window ? ['"~ws"'] : []), ...groups]
  const grouped = `SELECT ${[...(window ? ['"~ws"'] : []), items(renamed)].join(', ')} FROM ${from}${by.length ? ` GROUP BY ${by.join(', ')}` : ''}`
  const order = orders.length ? `row_number() OVER (ORDER BY ${orders.join(', ')})` : '1'
  return `SELECT ${made}, ${order} AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM (${grouped})`
}

/** The rows that are not late, with the start of their window. */
function timely(parameters: AggParameters, input: SqlInput): string {
  const { start, openUs } = windowUs(parameters, input)
  return `(SELECT *, ${start} AS "~ws" FROM ${input.from} WHERE ${PLACE.seen} IS NULL OR ${start} + ${openUs} > ${PLACE.seen})`
}

function boundItems(time: Column, sizeUs: number): [string, string][] {
  const [start, end] = boundsOf(time)
  return [
    [timeFromUs('"~ws"', start!.type), 'windowStart'],
    [timeFromUs(`("~ws" + ${sizeUs})`, end!.type), 'windowEnd'],
  ]
}

function foldSql(aggregate: Aggregate, shape: Shape, time: string): string {
  const { fold, of, by, p, where } = aggregate
  const only = where ? ` FILTER (WHERE ${where.sql})` : ''
  if (of === undefined) return `count(*)${only}`
  const x = quoted(of)
  const { type } = columnOf(shape, of)
  const float = type.startsWith('float')
  const finite = float ? `CASE WHEN isfinite(${x}) THEN ${x}::DOUBLE END` : `${x}::DOUBLE`
  const result = duckdbType(resultColumn(aggregate, shape).type)
  switch (fold) {
    case 'count':
      return `count(${x})${only}`
    case 'countDistinct':
      return `count(DISTINCT ${float ? `CASE WHEN ${x} = 0 THEN 0 ELSE ${x} END` : x})${only}`
    case 'sum':
      return float ? `sum(${x}::DOUBLE)${only}` : `(sum(${x})${only})::${result}`
    case 'mean':
      return `avg(${x}::DOUBLE)${only}`
    case 'variance':
    case 'stddev': {
      const value = `${fold === 'variance' ? 'var_samp' : 'stddev_samp'}(${finite})${only}`
      return float
        ? `CASE WHEN count(${x})${only} < 2 THEN NULL WHEN bool_or(NOT isfinite(${x}))${only} THEN 'NaN'::DOUBLE ELSE ${value} END`
        : value
    }
    case 'quantile':
      return `quantile_cont(${x}::DOUBLE, ${p})${only}`
    case 'corr': {
      const y = quoted(by!)
      const both = `FILTER (WHERE ${x} IS NOT NULL AND ${y} IS NOT NULL${where ? ` AND ${where.sql}` : ''})`
      return `CASE WHEN count(*) ${both} < 2 THEN NULL WHEN min(${x}) ${both} = max(${x}) ${both} OR min(${y}) ${both} = max(${y}) ${both} THEN 'NaN'::DOUBLE ELSE corr(${x}::DOUBLE, ${y}::DOUBLE) ${both} END`
    }
    case 'first':
    case 'last': {
      const direction = fold === 'first' ? 'ASC' : 'DESC'
      const orders = `${time.replace(', ', ` ${direction}, `)}${PLACE.order} ${direction}`
      return `first(${x} ORDER BY ${orders})${only}`
    }
    default:
      return `${fold}(${x})${only}`
  }
}

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
    const made = ['Expected', 'Lower', 'Upper', 'PValue', 'Score', 'Anomaly'].map(
      (suffix): Column => ({
        name: as + suffix,
        type: suffix === 'Anomaly' ? 'bool' : 'float64',
        nullable: true,
        unknown: true,
      }),
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
    const nulls = ['Expected', 'Lower', 'Upper', 'PValue', 'Score'].map(
      suffix => `NULL::DOUBLE AS ${quoted(as + suffix)}`,
    )
    const made = [...nulls, `NULL::BOOLEAN AS ${quoted(`${as}Anomaly`)}`]
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
