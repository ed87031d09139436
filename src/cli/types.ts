/** `millrace types`: the schema of files, as TypeScript. */

import { basename } from 'node:path'
import type { ColumnType } from '../core/types/column-type.ts'
import { elementType, isList, isStruct, structFields } from '../core/types/nested-type.ts'
import type { Schema } from '../core/types/schema.ts'
import { type Command, EXIT } from './command.ts'
import { FILES_HELP, openFiles } from './files.ts'
import { READ_HELP, READ_OPTIONS, readingOf } from './read-options.ts'
import { parse } from './usage.ts'

const help = `millrace types: writes the schema of files as TypeScript, to be given to read

${FILES_HELP}

usage: millrace types FILE… [options]

options
  --name NAME          of the constant (default: as the file is called)
${READ_HELP}

examples
  millrace types flights.parquet > flights.schema.ts
`

export const types: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { name: { type: 'string' }, ...READ_OPTIONS })
    await using opened = await openFiles(positionals, readingOf(values), 'types')
    const schema = await opened.dataset.schema()
    process.stdout.write(schemaText(values.name ?? nameOf(positionals[0]!), schema))
    return EXIT.ok
  },
}

/** A constant that holds the schema. */
export function schemaText(name: string, schema: Schema): string {
  const fields = schema.map(field => `  ${keyText(field.name)}: ${typeText(field.type)},\n`)
  return `export const ${name} = {\n${fields.join('')}} as const\n`
}

function typeText(type: ColumnType): string {
  if (isList(type)) return `[${typeText(elementType(type))}]`
  if (!isStruct(type)) return textOf(type)
  return `{ ${structFields(type)
    .map(field => `${keyText(field.name)}: ${typeText(field.type)}`)
    .join(', ')} }`
}

/** `__proto__` in quotes would still be no column: as a computed key it is. */
const keyText = (name: string): string =>
  name === '__proto__' ? "['__proto__']" : /^[A-Za-z_$][\w$]*$/.test(name) ? name : textOf(name)

/** In single quotes; what could end the line, or the text, is escaped. */
const textOf = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`

/** `out/my flights.csv.gz` → `myFlights`. */
function nameOf(path: string): string {
  const words = basename(path)
    .split('.')[0]!
    .split(/[^A-Za-z0-9]+/)
    .filter(word => word !== '')
  const name = words.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
  return /^[A-Za-z]/.test(name) ? name : 'columns'
}
