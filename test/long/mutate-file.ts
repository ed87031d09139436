/** Damage for a file: one to four bytes set anywhere, or a stretch cut out or zeroed; the same for a number every time. */
export function mutated(bytes: Buffer, seed: number): Buffer {
  let state = seed * 2654435761
  const random = (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9
    return (state >>> 0) % below
  }
  const copy = Buffer.from(bytes)
  // Half of them where the file describes itself: Parquet and Arrow files at their end, streams at their start.
  const place = () => {
    const near = random(Math.min(copy.length, 1500))
    return [random(copy.length), random(copy.length), copy.length - 1 - near, near][random(4)]!
  }
  const kind = random(10)
  if (kind === 0) return copy.subarray(0, random(copy.length))
  if (kind === 1) return Buffer.concat([copy.subarray(0, place()), copy.subarray(place())])
  if (kind === 2) return copy.fill(0, place(), copy.length - random(100))
  for (let n = random(4); n >= 0; n--) copy[place()] = random(256)
  return copy
}
