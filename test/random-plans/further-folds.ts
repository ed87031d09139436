/** Aggregates that are a line of SQL each. */

import {
  type ColumnType,
  type DecimalType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isNumber,
  isNumeric,
  isWide,
} from '../../src/core/types/column-type.ts'

export interface FurtherFold {
  takes(type: ColumnType): boolean
  result(type: ColumnType): ColumnType
  /** Rounded elsewhere than in DuckDB. */
  readonly approximate?: true
  /** Goes by the order of rows. */
  readonly ordered?: true
  /** An argument behind the column. */
  readonly p?: number
  /** @param only the filter, or nothing @param order of the rows */
  sql(x: string, only: string, order: string, type: ColumnType): string
}

/** A quartile of decimals, exactly, rounded to their unit, halves away from zero. @param quarters 0 to 4 */
export function quartileSql(x: string, type: DecimalType, quarters: number, only: string): string {
  const units = `replace(${x}::VARCHAR, '.', '')::HUGEINT`
  const ascending = `list_sort(list_filter(list(${units})${only}, lambda e: e IS NOT NULL))`
  const place = `(${quarters} * (len(l) - 1))`
  const low = `l[${place} // 4 + 1]`
  const fourTimes = `(4 * ${low} + (l[least(${place} // 4 + 2, len(l))] - ${low}) * (${place} % 4))`
  const rounded = `(sign(${fourTimes}) * ((2 * abs(${fourTimes}) + 4) // 8))`
  const scale = decimalScale(type)
  const decimal = `(${rounded}::DECIMAL(35, 0) * ${(10 ** -scale).toFixed(scale)})::DECIMAL(${decimalPrecision(type)}, ${scale})`
  return `list_transform([${ascending}], lambda l: ${decimal})[1]`
}

const few = (type: ColumnType): boolean => isNumeric(type) && !isWide(type) && !type.startsWith('float')
const float64 = (): ColumnType => 'float64'
/** Of which lists are columns of plans. */
const listed = (type: ColumnType): boolean => ['int32', 'utf8', 'dictionary', 'bool'].includes(type)
const listOf = (type: ColumnType): ColumnType => (type === 'dictionary' ? 'list<utf8>' : `list<${type}>`)

/** A moment that takes at least `least` values, and is NaN of equal ones. */
const moment = (name: string, least: number): FurtherFold => ({
  takes: few,
  result: float64,
  approximate: true,
  sql: (x, only) =>
    `CASE WHEN count(${x})${only} < ${least} THEN NULL WHEN min(${x})${only} = max(${x})${only} THEN 'NaN'::DOUBLE ELSE ${name}(${x}::DOUBLE)${only} END`,
})

export const FURTHER_FOLDS: Readonly<Record<string, FurtherFold>> = {
  median: {
    takes: isNumber,
    result: type => (isDecimal(type) ? type : 'float64'),
    approximate: true,
    sql: (x, only, _order, type) =>
      isDecimal(type) ? quartileSql(x, type, 2, only) : `quantile_cont(${x}::DOUBLE, 0.5)${only}`,
  },
  product: {
    takes: few,
    result: float64,
    approximate: true,
    sql: (x, only) => `product(${x}::DOUBLE)${only}`,
  },
  skewness: moment('skewness', 3),
  kurtosis: moment('kurtosis', 4),
  entropy: {
    takes: type => listed(type) || few(type),
    result: float64,
    approximate: true,
    sql: (x, only) => `CASE WHEN count(${x})${only} > 0 THEN entropy(${x})${only} END`,
  },
  collectList: {
    takes: listed,
    result: listOf,
    ordered: true,
    sql: (x, only, order) => `list(${x} ORDER BY ${order})${only}`,
  },
  collectSet: {
    takes: listed,
    result: listOf,
    sql: (x, only) =>
      `nullif(list_sort(list_filter(list(DISTINCT ${x})${only}, lambda e: e IS NOT NULL)), [])`,
  },
  topK: {
    takes: listed,
    result: listOf,
    p: 2,
    sql(x, only) {
      const entries = `list_transform(map_entries(histogram(${x})${only}), lambda e: {'n': -e.value::BIGINT, 'k': e.key})`
      return `list_transform(list_sort(${entries})[1:2], lambda e: e.k)`
    },
  },
}
