/**
 * Discrete Fourier transform of any length: radix 2, and Bluestein's chirp for the other lengths. Cooley & Tukey
 * (1965); Bluestein, *IEEE Trans. Audio Electroacoust.* 18 (1970) 451–455.
 */

/** Transforms (re, im) in place with e^{−2πi jk/n}. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length
  if (n <= 1) return
  if ((n & (n - 1)) === 0) radix2(re, im)
  else bluestein(re, im)
}

function radix2(re: Float64Array, im: Float64Array): void {
  const n = re.length
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i >= j) continue
    const a = re[i]!
    re[i] = re[j]!
    re[j] = a
    const b = im[i]!
    im[i] = im[j]!
    im[j] = b
  }
  const cosines = new Float64Array(n / 2)
  const sines = new Float64Array(n / 2)
  for (let k = 0; k < n / 2; k++) {
    cosines[k] = Math.cos((2 * Math.PI * k) / n)
    sines[k] = -Math.sin((2 * Math.PI * k) / n)
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2
    const stride = n / size
    for (let from = 0; from < n; from += size) {
      for (let k = 0; k < half; k++) {
        const wr = cosines[k * stride]!
        const wi = sines[k * stride]!
        const i = from + k
        const j = i + half
        const xr = re[j]! * wr - im[j]! * wi
        const xi = re[j]! * wi + im[j]! * wr
        re[j] = re[i]! - xr
        im[j] = im[i]! - xi
        re[i]! += xr
        im[i]! += xi
      }
    }
  }
}

function bluestein(re: Float64Array, im: Float64Array): void {
  const n = re.length
  let size = 1
  while (size < 2 * n - 1) size *= 2
  const cosines = new Float64Array(n)
  const sines = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    // k² mod 2n keeps the angle small, hence exact.
    const angle = (Math.PI * ((k * k) % (2 * n))) / n
    cosines[k] = Math.cos(angle)
    sines[k] = Math.sin(angle)
  }
  const ar = new Float64Array(size)
  const ai = new Float64Array(size)
  const br = new Float64Array(size)
  const bi = new Float64Array(size)
  for (let k = 0; k < n; k++) {
    ar[k] = re[k]! * cosines[k]! + im[k]! * sines[k]!
    ai[k] = im[k]! * cosines[k]! - re[k]! * sines[k]!
    br[k] = cosines[k]!
    bi[k] = sines[k]!
    if (k > 0) {
      br[size - k] = cosines[k]!
      bi[size - k] = sines[k]!
    }
  }
  radix2(ar, ai)
  radix2(br, bi)
  for (let k = 0; k < size; k++) {
    const x = ar[k]! * br[k]! - ai[k]! * bi[k]!
    // The inverse transform is the forward one of the conjugate.
    ai[k] = -(ar[k]! * bi[k]! + ai[k]! * br[k]!)
    ar[k] = x
  }
  radix2(ar, ai)
  for (let k = 0; k < n; k++) {
    const x = ar[k]! / size
    const y = -ai[k]! / size
    re[k] = x * cosines[k]! + y * sines[k]!
    im[k] = y * cosines[k]! - x * sines[k]!
  }
}
