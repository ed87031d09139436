/** The reader of a column, by its type. */

import {
  type ColumnType,
  isDecimal,
  isDuration,
  isFloat,
  isInteger,
  isTimeOfDay,
  isTimestamp,
  isWide,
  type TimeUnit,
} from '../../../types/column-type.ts'
import { elementType, entryType, isList, isMap, isStruct, structFields } from '../../../types/nested-type.ts'
import type { Schema } from '../../../types/schema.ts'
import type { JsonInput } from '../input.ts'
import { ObjectReader } from '../object-reader.ts'
import { BinaryReader } from './binary.ts'
import { DictionaryReader } from './dictionary.ts'
import { DecimalReader, DurationReader, TimeReader } from './exact.ts'
import { ListReader, MapReader, StructReader } from './nested.ts'
import { BoolReader, FloatReader, IntegerReader, WideReader } from './numbers.ts'
import type { Reader } from './reader.ts'
import { TextReader } from './text.ts'
import { DateReader, TimestampReader } from './times.ts'

export interface ReaderOptions {
  /** What numbers in columns of time count, since 1970. */
  readonly epochUnit: TimeUnit
}

/** A reader of objects with those fields. */
export const objectReaderOf = (fields: Schema, input: JsonInput, options: ReaderOptions): ObjectReader =>
  new ObjectReader(
    input,
    fields.map(({ name }) => name),
    fields.map(({ type }) => readerOf(type, input, options)),
  )

/** A reader of values of that type. */
export function readerOf(type: ColumnType, input: JsonInput, options: ReaderOptions): Reader {
  if (isFloat(type)) return new FloatReader(type, input)
  if (isInteger(type)) return new IntegerReader(type, input)
  if (isWide(type)) return new WideReader(type, input)
  if (isTimestamp(type)) return new TimestampReader(type, input, options.epochUnit)
  if (isDecimal(type)) return new DecimalReader(type, input)
  if (isTimeOfDay(type)) return new TimeReader(type, input)
  if (isDuration(type)) return new DurationReader(type, input)
  if (type === 'binary') return new BinaryReader(type, input)
  if (type === 'bool') return new BoolReader(type, input)
  if (type === 'date') return new DateReader(type, input)
  if (type === 'dictionary') return new DictionaryReader(type, input)
  if (isStruct(type)) return new StructReader(type, input, objectReaderOf(structFields(type), input, options))
  if (isList(type)) return new ListReader(type, input, readerOf(elementType(type), input, options))
  if (isMap(type)) {
    const entry = entryType(type)
    return new MapReader(type, input, entry, objectReaderOf(structFields(entry), input, options))
  }
  return new TextReader(type, input)
}
