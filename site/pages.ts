/** Pages of the documentation as pages of the site. */

import { posix } from 'node:path'

export interface Page {
  /** Below the site's pages: `verbs/filter.md`. */
  readonly path: string
}

/** Where a file of the repository stands in the site: what is in `docs/` at the top; a README is its folder's index. */
export function pageOf(source: string): Page {
  const path = source.replace(/^docs\//, '').replace(/^README\.md$/, 'overview.md')
  return { path: path.replace(/(^|\/)README\.md$/, '$1index.md') }
}

/**
 * A page's text for the site: links lead to pages of the site, or nowhere where they led to code; nothing in it is a
 * template.
 */
export function siteText(text: string, source: string, known: ReadonlyMap<string, Page>): string {
  const here = pageOf(source).path
  const linked = outsideCode(text, part =>
    part
      .replaceAll(/<!--[\s\S]*?-->/g, '')
      .replaceAll(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (whole, image, label, target: string) => {
        if (/^[a-z]+:|^#/.test(target) || image) return whole
        const [path = '', anchor] = target.split('#')
        const meant = posix.join(posix.dirname(source), path)
        const page =
          known.get(meant) ??
          known.get(posix.join(meant, 'README.md')) ??
          known.get(posix.join(meant, 'index.md'))
        if (!page) return label
        const to = posix.relative(posix.dirname(here), page.path)
        return `[${label}](${to.startsWith('.') ? to : `./${to}`}${anchor === undefined ? '' : `#${anchor}`})`
      }),
  )
  return inert(linked)
}

/** What stands between braces is text, not a template. */
export const inert = (text: string): string => `::: v-pre\n${text.trim()}\n\n:::\n`

/** Changes a page's text, but not its blocks of code. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join('')
}

/** The title of a page: its first heading. */
export const titleOf = (text: string): string | undefined => /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '')
