import { expect } from 'vitest'

/** Tags that are opened and closed in order: enough of an XML parser to check the document. */
export function expectWellFormed(svg: string): void {
  const open: string[] = []
  const bare = svg.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/<style>[\s\S]*?<\/style>/g, '')
  const tag = /<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g
  for (const [, end, name, self] of bare.matchAll(tag)) {
    if (end) expect(open.pop()).toBe(name)
    else if (!self) open.push(name!)
  }
  expect(open).toEqual([])
  expect(bare.replace(tag, '')).not.toMatch(/[<>]/)
}

/** The texts of a picture, in order. */
export const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!)
