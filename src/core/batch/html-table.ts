/** Rows as an HTML table, which notebooks show. */

import { escapeHtml } from '../display.ts'
import type { Schema } from '../types/schema.ts'
import { cellTexts, escapeControls, isRightAligned, type TableOptions } from './format-table.ts'
import type { Row } from './rows.ts'

const CELL = 'padding:2px 10px;white-space:pre;max-width:28em;overflow:hidden;text-overflow:ellipsis'
const RULE = 'border-bottom:1px solid rgba(128,128,128,.5)'
const FAINT = 'opacity:.65;font-weight:normal;font-size:smaller'

/** Characters of a cell that are shown. */
const MOST_LETTERS = 200

/**
 * Rows as an HTML table: names with their types, numbers at the right, `null` faint, which the text `null`, in quotes, is not.
 * `caption` stands below it.
 */
export function htmlTable(
  schema: Schema,
  rows: readonly Row[],
  caption = '',
  options: TableOptions = {},
): string {
  const sides = schema.map(({ type }) => (isRightAligned(type) ? 'right' : 'left'))
  const head = schema.map(
    ({ name, type }, c) =>
      `<th style="${CELL};${RULE};text-align:${sides[c]}">${escapeHtml(escapeControls(name))}<br><span style="${FAINT}">${escapeHtml(type)}</span></th>`,
  )
  const columns = schema.map(({ name, type }, c) => {
    const values = rows.map(row => row[name])
    return cellTexts(type, values, options.digits).map((text, i) => {
      const value = values[i]
      const shown =
        value === null || value === undefined
          ? '<span style="opacity:.5;font-style:italic">null</span>'
          : escapeHtml(
              escapeControls(text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text),
            )
      return `<td style="${CELL};text-align:${sides[c]}">${shown}</td>`
    })
  })
  const lines = rows.map((_, i) => `<tr>${columns.map(cells => cells[i]).join('')}</tr>`)
  const foot = caption === '' ? '' : `<div style="${FAINT};padding:4px 10px">${escapeHtml(caption)}</div>`
  return `<div style="overflow-x:auto"><table style="border-collapse:collapse;font-variant-numeric:tabular-nums"><thead><tr>${head.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>${foot}</div>`
}
