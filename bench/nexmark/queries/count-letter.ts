/** How often the letter `c` is in a text. Runs in the shards. */
export function countC(text: string): number {
  let letters = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 99) letters++
  return letters
}
