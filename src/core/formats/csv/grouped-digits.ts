/** Numbers whose digits are in groups: `1,234,567.8`, `1.234.567,8`, `12,34,567`. */

/**
 * What takes the separators out of a number; gives undefined where they do not stand between groups: the last one has three digits,
 * those before it two or three. So `1,5` is no number with thousands of commas, and never 15.
 *
 * @param separator '' for none; numbers without it stay as they are
 */
export function ungrouping(separator: string): (text: string) => string | undefined {
  if (separator === '') return text => text
  const mark = separator === '.' ? '\\.' : separator
  const grouped = new RegExp(`^\\s*[+-]?\\d{1,3}(?:${mark}\\d{2,3})*${mark}\\d{3}(?!\\d)(?!${mark})`)
  return text => {
    if (!text.includes(separator)) return text
    const [groups] = grouped.exec(text) ?? []
    if (groups === undefined) return undefined
    const rest = text.slice(groups.length)
    return rest.includes(separator) ? undefined : groups.replaceAll(separator, '') + rest
  }
}

/** The separators there are: no other stands in patterns as it is. The last two are spaces that do not break. */
export const SEPARATORS: readonly string[] = [',', '.', "'", ' ', '_', '\u00a0', '\u202f']

/** A text as decoders that go by bytes see it: each byte of its UTF-8 a character. */
export const byBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
