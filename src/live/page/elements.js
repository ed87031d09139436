// Small helpers for the document. Text is only ever set as text: names of columns and files are data.

const SVG = 'http://www.w3.org/2000/svg'

/** An element with attributes and children; `svg:` before the tag makes one of SVG. */
export function element(tag, attributes = {}, ...children) {
  const made = tag.startsWith('svg:')
    ? document.createElementNS(SVG, tag.slice(4))
    : document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, value)
  made.append(...children.filter(child => child !== undefined))
  return made
}

export const byId = id => document.getElementById(id)

/** Sets text where it has changed: what has not need not be laid out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setAttribute(node, name, value) {
  const text = String(value)
  if (node.getAttribute(name) !== text) node.setAttribute(name, text)
}

/**
 * A table that is filled anew with each frame; its cells stay the same elements.
 *
 * Columns are `{ title, of, mark? }`: what a row says, and the class of the cell.
 */
export function table(parent, columns, caption) {
  const body = element('tbody')
  parent.append(
    element(
      'table',
      { 'aria-label': caption },
      element(
        'thead',
        {},
        element('tr', {}, ...columns.map(({ title }) => element('th', { scope: 'col' }, title))),
      ),
      body,
    ),
  )
  return rows => {
    while (body.rows.length > rows.length) body.deleteRow(-1)
    while (body.rows.length < rows.length) body.append(element('tr', {}, ...columns.map(() => element('td'))))
    rows.forEach((row, i) => {
      const tr = body.rows[i]
      tr.className = row.inner ? 'inner' : ''
      columns.forEach(({ of, mark, hover }, c) => {
        const cell = tr.cells[c]
        setText(cell, of(row))
        cell.className = mark?.(row) ?? ''
        if (hover) setAttribute(cell, 'title', hover(row))
      })
    })
  }
}
