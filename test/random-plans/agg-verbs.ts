/** Aggregations, in windows and without. */

import {
  type ColumnType,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isInteger,
  isNumber,
  isNumeric,
  isText,
  isWide,
} from '../../src/core/types/column-type.ts'
import { isMap } from '../../src/core/types/nested-type.ts'
import { checkUses, type Expression, knows, randomCondition, usable, valued } from './expressions.ts'
import { FURTHER_FOLDS, quartileSql } from './further-folds.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { duckdbType, quoted, timeFromUs } from './sql-names.ts'
import { items, keySql, PLACE, type SqlInput, type Verb } from './verb.ts'
import {
  boundsOf,
  hasBounds,
  isCorrected,
  knowsWindows,
  lateSql,
  randomWindow,
  rowsInWindows,
  type WindowParameters,
  windowCode,
  windowsOfRow,
} from './windows.ts'

const code = JSON.stringify

export interface Aggregate {
  readonly name: string
  readonly fold: string
  readonly of?: string
  readonly by?: string
  readonly p?: number
  /** Only rows for which it holds. */
  readonly where?: Expression
}

export interface AggParameters {
  readonly keys: readonly string[]
  readonly window?: WindowParameters
  readonly aggregates: readonly Aggregate[]
}

const APPROXIMATE = ['mean', 'variance', 'stddev', 'quantile', 'corr', 'covar']
const COUNTS = ['count', 'countDistinct', 'approxCountDistinct']
/** They go by the order of rows. */
const ORDERED = ['first', 'last', 'argMin', 'argMax', 'join']
/** So many different values are counted exactly. */
const FEW = 128

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
    return { keys, aggregates, ...(windowed ? { window: randomWindow(random) } : {}) }
  },
  shape(parameters, [input]) {
    const { keys, window, aggregates } = parameters
    const keyColumns = keys.map(key => columnOf(input!, key))
    if (keyColumns.some(c => c.approximate)) throw new Senseless('a key that is rounded')
    if (window && (input!.eventTime === undefined || input!.changes)) throw new Senseless('agg without time')
    if (window?.windows.kind === 'count' && input!.interleaved) throw new Senseless('no order')
    const changes = window ? isCorrected(window, input!) : !input!.bounded
    const bounded = window !== undefined && hasBounds(window)
    const columns = [
      ...keyColumns,
      ...(bounded ? boundsOf(columnOf(input!, input!.eventTime!), window) : []),
      ...aggregates.map(aggregate => resultColumn(aggregate, input!)),
    ]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return {
      columns,
      bounded: input!.bounded,
      lateness: false,
      keys,
      sequenced: !changes,
      known: input!.known && !keyColumns.some(c => c.unknown) && (!window || knowsWindows(window, input!)),
      nearSource: false,
      streamed: input!.streamed,
      atMost: input!.atMost * (window ? windowsOfRow(window) : 1),
      ...(changes ? { changes } : bounded ? timeOf(window) : {}),
      ...(bounded ? { hasLate: true } : {}),
    }
  },
  code({ keys, window, aggregates }) {
    const by = keys.length || !window ? `.groupBy(${keys.map(key => code(key)).join(', ')})` : ''
    const list = aggregates.map(each => `${code(each.name)}: ${aggregateCode(each)}`)
    return `${by}${window ? windowCode(window) : ''}.agg({ ${list.join(', ')} })`
  },
  sql: (parameters, [input], port) =>
    port === 'late' ? lateSql(parameters.window!, input!) : aggSql(parameters, input!),
}

/** `sum("x").where(…)` */
export function aggregateCode({ fold, of, by, p, where }: Aggregate): string {
  const args = [
    ...(of === undefined ? [] : [code(of)]),
    ...(by === undefined ? [] : [code(by)]),
    ...(p === undefined ? [] : [p]),
  ]
  return `${fold}(${args.join(', ')})${where ? `.where(r => ${where.code})` : ''}`
}

/** `late()` of an aggregation gives its input's rows. */
export const lateShape = (input: Shape): Shape => {
  const { keys: _, hasLate: __, ...rest } = input
  // The watermark of late rows is like that which they are late for: of one, not of several.
  return input.outOfOrderMs === undefined ? { ...rest, known: false } : rest
}

function timeOf({ windows }: WindowParameters): Pick<Shape, 'eventTime' | 'windowEnd' | 'windowMs'> {
  // A window of a number of rows is there when its last row is.
  if (windows.kind === 'count') return { eventTime: 'windowEnd' }
  const size = windows.kind === 'tumbling' ? { windowMs: windows.sizeMs } : {}
  return { eventTime: 'windowStart', windowEnd: 'windowEnd', ...size }
}

function filteredAggregate(random: Random, name: string, input: Shape): Aggregate | undefined {
  const aggregate = randomAggregate(random, name, input)
  if (!aggregate || !random.chance(0.25)) return aggregate
  return { ...aggregate, where: randomCondition(random, input, 1) }
}

export function randomAggregate(random: Random, name: string, input: Shape): Aggregate | undefined {
  if (name === 'n' && random.chance(0.7)) return { name, fold: 'count' }
  if (valued(input).length === 0) return { name, fold: 'count' }
  const of = random.pick(valued(input))
  if (isMap(of.type)) return { name, fold: random.pick(['count', 'first', 'last']), of: of.name }
  const folds = isNumber(of.type)
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
        'covar',
      ]
    : [
        ...['count', 'min', 'max', 'first', 'last', 'countDistinct'],
        ...(isDuration(of.type) ? ['sum', 'mean', 'mean'] : []),
      ]
  const fold = random.pick([...folds, ...furtherFolds(of, input)])
  // DuckDB computes these from doubles: neighbours beyond 2^53 are equal to it.
  if ((fold === 'variance' || fold === 'stddev') && /^u?int64$/.test(of.type))
    return { name, fold: 'max', of: of.name }
  if (fold === 'quantile')
    return {
      name,
      fold,
      of: of.name,
      p: random.pick([0, 0.25, 0.5, 1, ...(isDecimal(of.type) ? [] : [0.9])]),
    }
  if (fold === 'argMin' || fold === 'argMax')
    return { name, fold, of: of.name, by: random.pick(usable(input)).name }
  if (fold === 'corr' || fold === 'covar') {
    const others = usable(input).filter(c => isNumeric(c.type) && !c.type.startsWith('float'))
    if (others.length === 0 || of.type.startsWith('float')) return { name, fold: 'mean', of: of.name }
    return { name, fold, of: of.name, by: random.pick(others).name }
  }
  const { p } = FURTHER_FOLDS[fold] ?? {}
  return { name, fold, of: of.name, ...(p === undefined ? {} : { p }) }
}

/** Those that are of some types only, or where DuckDB's are the same. */
function furtherFolds({ type }: Column, input: Shape): string[] {
  const integer = isInteger(type) || isWide(type)
  return [
    'argMin',
    'argMax',
    ...(type.startsWith('float') ? [] : ['mode']),
    ...(input.changes || input.atMost > FEW ? [] : ['approxCountDistinct']),
    ...(integer ? ['bitAnd', 'bitOr', 'bitXor'] : []),
    ...(type === 'bool' ? ['any', 'every'] : []),
    ...(isText(type) ? ['join'] : []),
    ...Object.keys(FURTHER_FOLDS).filter(fold => FURTHER_FOLDS[fold]!.takes(type)),
  ]
}

function resultColumn({ where, ...aggregate }: Aggregate, input: Shape): Column {
  const column = unfilteredColumn(aggregate, input)
  if (!where) return column
  checkUses(where, input)
  return knows(where, input) ? column : { ...column, unknown: true }
}

function unfilteredColumn({ name, fold, of, by, p }: Aggregate, input: Shape): Column {
  if (of === undefined) return { name, type: 'int53', nullable: false }
  const { type, approximate, unknown } = columnOf(input, of)
  const other = by === undefined ? undefined : columnOf(input, by)
  const numeric = ['sum', ...APPROXIMATE].includes(fold)
  const further = FURTHER_FOLDS[fold]
  if (input.interleaved && (further?.ordered || ORDERED.includes(fold))) throw new Senseless('no order')
  const ofDurations = isDuration(type) && (fold === 'sum' || fold === 'mean')
  const ofDecimals = isDecimal(type) && (fold === 'quantile' || fold === 'median')
  if (fold === 'quantile' && ofDecimals && !Number.isInteger(4 * p!)) throw new Senseless('no quarter')
  if (isMap(type) && !['count', 'first', 'last'].includes(fold)) throw new Senseless(`${fold} of a map`)
  if (other && isMap(other.type)) throw new Senseless('maps have no order')
  if (numeric && !ofDurations && !(isNumber(type) && (!other || isNumeric(other.type))))
    throw new Senseless(`${fold} of ${type}`)
  if ((approximate || other?.approximate) && !['first', 'last', 'count'].includes(fold))
    throw new Senseless('a fold of what is rounded')
  if (fold === 'approxCountDistinct' && (input.changes || input.atMost > FEW))
    throw new Senseless('many values')
  const takes = {
    bitAnd: isInteger(type) || isWide(type),
    bitOr: isInteger(type) || isWide(type),
    bitXor: isInteger(type) || isWide(type),
    any: type === 'bool',
    every: type === 'bool',
    join: isText(type),
    mode: !type.startsWith('float'),
  }
  if (further && !further.takes(type)) throw new Senseless(`${fold} of ${type}`)
  if (fold in takes && !takes[fold as keyof typeof takes]) throw new Senseless(`${fold} of ${type}`)
  const marks = {
    nullable: !COUNTS.includes(fold),
    ...((unknown || other?.unknown) && fold !== 'count' ? { unknown: true } : {}),
    ...(unknown && fold === 'count' ? { unknown: true } : {}),
    ...(((further?.approximate || (APPROXIMATE.includes(fold) && !ofDurations)) && !ofDecimals) || approximate
      ? { approximate: true }
      : {}),
  }
  const result = (): ColumnType => {
    if (further) return further.result(type)
    if (COUNTS.includes(fold)) return 'int53'
    if (['mode', 'argMin', 'argMax'].includes(fold) && type === 'dictionary') return 'utf8'
    if (ofDurations || ofDecimals) return type
    if (APPROXIMATE.includes(fold)) return 'float64'
    if (fold !== 'sum') return type
    if (type.startsWith('float')) return 'float64'
    if (isDecimal(type)) return decimalType(38, decimalScale(type))
    return isWide(type) ? type : 'int53'
  }
  return { name, type: result(), ...marks }
}

function aggSql(parameters: AggParameters, input: SqlInput): string {
  const { keys, window, aggregates } = parameters
  const { shape } = input
  const bounds = window !== undefined && hasBounds(window) ? ['"~ws"', '"~we"'] : []
  const time = shape.eventTime === undefined ? '' : `${quoted(shape.eventTime)}, `
  const selected = [
    ...keys.map((key, i): [string, string] => [keySql(shape, key), `~k${i}`]),
    ...aggregates.map((aggregate): [string, string] => [foldSql(aggregate, shape, time), aggregate.name]),
  ]
  const groups = keys.map((_, i) => `"~k${i}"`)
  const last = window?.windows.kind === 'count' ? ['"~lo"'] : []
  const orders = [...bounds.slice(1), ...last, ...groups.map(group => `${group} NULLS LAST`)]
  const made = items([
    ...keys.map((key, i): [string, string] => [`"~k${i}"`, key]),
    ...(bounds.length ? boundItems(columnOf(shape, shape.eventTime!), window!) : []),
    ...aggregates.map(({ name }): [string, string] => [quoted(`~a ${name}`), name]),
  ])
  const renamed = selected.map(([sql, name]): [string, string] => [
    sql,
    name.startsWith('~k') ? name : `~a ${name}`,
  ])
  const from = window ? rowsInWindows(window, keys, input) : input.from
  const by = [...bounds, ...last, ...groups]
  const grouped = `SELECT ${[...bounds, ...last, items(renamed)].join(', ')} FROM ${from}${by.length ? ` GROUP BY ${by.join(', ')}` : ''}`
  const order = orders.length ? `row_number() OVER (ORDER BY ${orders.join(', ')})` : '1'
  return `SELECT ${made}, ${order} AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM (${grouped})`
}

function boundItems(time: Column, window: WindowParameters): [string, string][] {
  const [start, end] = boundsOf(time, window)
  return [
    [timeFromUs('"~ws"', start!.type), 'windowStart'],
    [timeFromUs('"~we"', end!.type), 'windowEnd'],
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
    case 'approxCountDistinct':
      return `count(DISTINCT ${float ? `CASE WHEN ${x} = 0 THEN 0 ELSE ${x} END` : x})${only}`
    case 'sum':
      return float ? `sum(${x}::DOUBLE)${only}` : `(sum(${x})${only})::${result}`
    case 'mean':
      // Rounded to the unit, halves away from zero.
      if (isDuration(type)) {
        const [sum, count] = [`sum(${x})${only}`, `count(${x})${only}`]
        return `CASE WHEN ${count} > 0 THEN (sign(${sum}) * ((2 * abs(${sum}) + ${count}) // (2 * ${count})))::BIGINT END`
      }
      return `avg(${x}::${isWide(type) ? 'HUGEINT' : 'DOUBLE'})${only}`
    case 'variance':
    case 'stddev': {
      const value = `${fold === 'variance' ? 'var_samp' : 'stddev_samp'}(${finite})${only}`
      return float
        ? `CASE WHEN count(${x})${only} < 2 THEN NULL WHEN bool_or(NOT isfinite(${x}))${only} THEN 'NaN'::DOUBLE ELSE ${value} END`
        : value
    }
    case 'quantile':
      if (isDecimal(type)) return quartileSql(x, type, 4 * p!, only)
      return `quantile_cont(${x}::DOUBLE, ${p})${only}`
    case 'corr': {
      const y = quoted(by!)
      const both = `FILTER (WHERE ${x} IS NOT NULL AND ${y} IS NOT NULL${where ? ` AND ${where.sql}` : ''})`
      return `CASE WHEN count(*) ${both} < 2 THEN NULL WHEN min(${x}) ${both} = max(${x}) ${both} OR min(${y}) ${both} = max(${y}) ${both} THEN 'NaN'::DOUBLE ELSE corr(${x}::DOUBLE, ${y}::DOUBLE) ${both} END`
    }
    case 'covar': {
      const both = `FILTER (WHERE ${x} IS NOT NULL AND ${quoted(by!)} IS NOT NULL${where ? ` AND ${where.sql}` : ''})`
      return `covar_samp(${x}::DOUBLE, ${quoted(by!)}::DOUBLE) ${both}`
    }
    case 'mode': {
      const times = `histogram(${x})${only}`
      const most = `list_max(map_values(${times}))`
      return `list_min(list_transform(list_filter(map_entries(${times}), lambda e: e.value = ${most}), lambda e: e.key))`
    }
    case 'argMin':
    case 'argMax':
      return `${fold === 'argMin' ? 'arg_min' : 'arg_max'}(${x}, ${keySql(shape, by!)} ORDER BY ${time}${PLACE.order})${only}`
    case 'any':
    case 'every':
      return `${fold === 'any' ? 'bool_or' : 'bool_and'}(${x})${only}`
    case 'join':
      return `string_agg(${x}, ',' ORDER BY ${time}${PLACE.order})${only}`
    case 'bitAnd':
    case 'bitOr':
    case 'bitXor':
      return `${fold.replace('bit', 'bit_').toLowerCase()}(${x})${only}`
    case 'first':
    case 'last': {
      const direction = fold === 'first' ? 'ASC' : 'DESC'
      const orders = `${time.replace(', ', ` ${direction}, `)}${PLACE.order} ${direction}`
      return `first(${x} ORDER BY ${orders})${only}`
    }
    default:
      return FURTHER_FOLDS[fold]?.sql(x, only, `${time}${PLACE.order}`, type) ?? `${fold}(${x})${only}`
  }
}
