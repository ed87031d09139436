/** Contrast of text on a page, as WCAG 2 has it. */

import type { Page } from 'playwright-core'

export interface Faint {
  readonly text: string
  readonly contrast: number
}

/** Visible text whose contrast with what is behind it is below `least`. */
export const faintText = (page: Page, least: number): Promise<Faint[]> =>
  page.evaluate(least => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
    /** Red, green, blue, from 0 to 255, and opacity from 0 to 1. */
    const channels = (color: string): number[] => {
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
      return [r!, g!, b!, a! / 255]
    }
    const luminance = ([r, g, b]: number[]): number => {
      const linear = [r!, g!, b!].map(value => {
        const share = value / 255
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!
    }
    const behind = (element: Element | null): number[] => {
      for (let at = element; at; at = at.parentElement) {
        // Boxes of the graph lie behind their texts as siblings.
        const box = at.querySelector(':scope > rect.box')
        const found = channels(box ? getComputedStyle(box).fill : getComputedStyle(at).backgroundColor)
        if (found[3]! > 0.9) return found
      }
      return [255, 255, 255, 1]
    }
    const faint: { text: string; contrast: number }[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement!
      const text = node.textContent!.trim()
      if (text === '' || parent.closest('[hidden], noscript, title, script, :disabled, option')) continue
      const style = getComputedStyle(parent)
      if (style.visibility === 'hidden' || parent.getClientRects().length === 0) continue
      const front = channels(parent instanceof SVGElement ? style.fill : style.color)
      const [a, b] = [luminance(front), luminance(behind(parent))].sort((a, b) => b - a) as [number, number]
      const contrast = (a + 0.05) / (b + 0.05)
      if (contrast < least) faint.push({ text: text.slice(0, 40), contrast })
    }
    return faint
  }, least)
