/** Rows of cells as lines of text: the first column to the left, the others to the right. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map(row => row[c]!.length)))
  return rows
    .map(row => row.map((cell, c) => (c ? cell.padStart(widths[c]!) : cell.padEnd(widths[0]!))).join('   '))
    .map(line => line.trimEnd())
    .join('\n')
}
