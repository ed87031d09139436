import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { QUERIES } from '../../bench/nexmark/queries/index.ts'

it('docs/nexmark.md has every query, as it is', () => {
  const page = readFileSync(new URL('../../docs/nexmark.md', import.meta.url), 'utf8')
  for (const [name, { title, output }] of Object.entries(QUERIES)) {
    const gives = output === 'changes' ? 'a changelog' : 'rows that stay'
    expect(page).toContain(`| ${name} | ${title} | ${gives} |`)
  }
})
