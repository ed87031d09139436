/**
 * Regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P, their logarithms and their common factor.
 *
 * Sources: series DLMF 8.11.4 (x below a), continued fraction DLMF 8.9.2 (x above a), both far from a or for small a;
 * Temme's uniform expansion DLMF 8.12.3–8.12.11 (its coefficients computed in exact rationals from 8.12.11) for
 * a ≥ 20 near x = a; for a < 1 and small x the series around 0, which gives Q without `1 − P`. Every exponent is a
 * deviance computed from d = x − a. Relative error below 1e-13 wherever the result is a normal double, and below
 * 1e-14 in the body.
 */
import { deviance, log1pDefect } from './deviance.ts'
import { gammaFunction, logGamma1p, stirlingError } from './log-gamma.ts'
import { millsRatio } from './mills-ratio.ts'

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI)
const LOG_SQRT_TWO_PI = 0.9189385332046728

/** Row k: the power series of c_k(η), the factor of a^(−k). */
const TEMME: readonly Float64Array[] = [
  new Float64Array([
    -0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
    0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-5, -2.185448510679992e-6,
    -1.85406221071516e-6, 8.296711340953087e-7, -1.7665952736826078e-7, 6.707853543401498e-9,
    1.0261809784240309e-8, -4.382036018453353e-9, 9.14769958223679e-10, -2.5514193994946248e-11,
    -5.830772132550426e-11, 2.4361948020667415e-11, -5.0276692801141755e-12, 1.1004392031956135e-13,
    3.371763262400985e-13, -1.392388722418162e-13, 2.8534893807047445e-14, -5.139111834242572e-16,
    -1.9752288294349442e-15,
  ]),
  new Float64Array([
    -0.001851851851851852, -0.003472222222222222, 0.0026455026455026454, -0.0009902263374485596,
    0.00020576131687242798, -4.018775720164609e-7, -1.8098550334489977e-5, 7.64916091608111e-6,
    -1.6120900894563446e-6, 4.647127802807434e-9, 1.378633446915721e-7, -5.752545603517705e-8,
    1.1951628599778148e-8, -1.7543241719747647e-11, -1.0091543710600413e-9, 4.162792991842583e-10,
    -8.56390702649298e-11, 6.067215101604758e-14, 7.1624989648114856e-12, -2.933186643771437e-12,
    5.996696365683689e-13, -2.1671786527323313e-16, -4.978339972369262e-14, 2.0291628823713425e-14,
  ]),
  new Float64Array([
    0.004133597883597883, -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-6,
    -0.0001073665322636516, 5.2923448829120125e-5, -1.2760635188618728e-5, 3.423578734096138e-8,
    1.3721957309062934e-6, -6.298992138380055e-7, 1.4280614206064242e-7, -2.0477098421990866e-10,
    -1.409252991086752e-8, 6.228974084922022e-9, -1.3670488396617114e-9, 9.428356159014678e-13,
    1.2872252400089318e-10, -5.5645956134363323e-11, 1.197593554636698e-11, -4.1689782251838634e-15,
    -1.0940640427884595e-12, 4.662239946390136e-13,
  ]),
  new Float64Array([
    0.0006494341563786008, 0.00022947209362139917, -0.0004691894943952557, 0.00026772063206283885,
    -7.561801671883977e-5, -2.396505113867297e-7, 1.1082654115347302e-5, -5.6749528269915965e-6,
    1.4230900732435883e-6, -2.7861080291528143e-11, -1.6958404091930278e-7, 8.099464905388083e-8,
    -1.9111168485973655e-8, 2.3928620439808118e-12, 2.0620131815488797e-9, -9.460496661855133e-10,
    2.1541049775774907e-10, -1.388823336813903e-14, -2.1894761681963938e-11, 9.790998951171684e-12,
    -2.178219188018096e-12,
  ]),
  new Float64Array([
    -0.0008618882909167117, 0.0007840392217200666, -0.0002990724803031902, -1.4638452578843418e-6,
    6.641498215465122e-5, -3.968365047179435e-5, 1.1375726970678419e-5, 2.507497226237533e-10,
    -1.6954149536558305e-6, 8.907507532205309e-7, -2.292934834000805e-7, 2.956794137544049e-11,
    2.8865829742708783e-8, -1.4189739437803219e-8, 3.4463580499464896e-9, -2.3024517174528067e-13,
    -3.9409233028046403e-10, 1.86023389685045e-10, -4.356323005056618e-11,
  ]),
  new Float64Array([
    -0.00033679855336635813, -6.972813758365857e-5, 0.0002772753244959392, -0.00019932570516188847,
    6.797780477937208e-5, 1.419062920643967e-7, -1.3594048189768693e-5, 8.018470256334202e-6,
    -2.291481176508095e-6, -3.252473551298454e-10, 3.4652846491085265e-7, -1.8447187191171344e-7,
    4.8240967037894184e-8, -1.7989466721743514e-14, -6.306194500013523e-9, 3.162417628774568e-9,
    -7.840924253697429e-10,
  ]),
  new Float64Array([
    0.0005313079364639922, -0.0005921664373536939, 0.0002708782096718045, 7.902353232660328e-7,
    -8.153969367561969e-5, 5.61168275310625e-5, -1.8329116582843375e-5, -3.0796134506033047e-9,
    3.465155368803609e-6, -2.0291327396058603e-6, 5.788792863149004e-7, 2.338630673826657e-13,
    -8.828600746330484e-8, 4.7435958880408125e-8, -1.2545415020710383e-8,
  ]),
  new Float64Array([
    0.00034436760689237765, 5.171790908260592e-5, -0.00033493161081142234, 0.0002812695154763237,
    -0.00010976582244684731, -1.2741009095484485e-7, 2.7744451511563645e-5, -1.8263488805711332e-5,
    5.7876949497350525e-6, 4.93875893393627e-10, -1.0595367014026043e-6, 6.166714376110408e-7,
    -1.7562973359060463e-7,
  ]),
  new Float64Array([
    -0.0006526239185953094, 0.0008394987206720873, -0.000438297098541721, -6.969091458420552e-7,
    0.00016644846642067547, -0.00012783517679769218, 4.629953263691304e-5, 4.557909867922708e-9,
    -1.0595271125805195e-5, 6.783342904865167e-6, -2.1075476666258803e-6, -1.7213731432817144e-11,
    3.773587741611098e-7,
  ]),
  new Float64Array([
    -0.0005967612901927463, -7.204895416020011e-5, 0.0006782308837667328, -0.0006401475260262758,
    0.00027750107634328704, 1.819700838046515e-7, -8.479507117068503e-5, 6.105192082501531e-5,
    -2.1073920183404862e-5, -8.858589014125599e-10, 4.5284535953805374e-6,
  ]),
  new Float64Array([
    0.0013324454494800656, -0.0019144384985654776, 0.0011089369134596636, 9.9324041226423e-7,
    -0.0005087450129309319, 0.00042735056665392886, -0.00016858853767910798, -8.1301893922785e-9,
    4.5284402370562144e-5,
  ]),
  new Float64Array([
    0.001579727660730835, 0.00016251626278391583, -0.0020633421035543276, 0.00213896861856891,
    -0.0010108559391263003, -3.99127055299192e-7, 0.0003623502508476469,
  ]),
]

/**
 * x^a·e^(−x) / Γ(a + 1): the Poisson probability of a at rate x, a real.
 *
 * @param a At least 0. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example gammaPrefactor(2, 3) // 0.22404180765538775
 */
export function gammaPrefactor(a: number, x: number, d: number = x - a): number {
  if (x === 0) return a === 0 ? 1 : 0
  if (a < 10) {
    // Far below the smallest double, while x^a may overflow.
    if (x > 2000) return 0
    // In two halves: e^(−x) alone may underflow where the product does not.
    const half = Math.exp(-0.5 * x)
    return (x ** a * half * half) / gammaFunction(a + 1)
  }
  return Math.exp(-deviance(a, x, d) - stirlingError(a)) / (SQRT_TWO_PI * Math.sqrt(a))
}

/**
 * Logarithm of {@link gammaPrefactor}, where that underflows too.
 *
 * @param a At least 0. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example logGammaPrefactor(2, 2000) // -1985.49…
 */
export function logGammaPrefactor(a: number, x: number, d: number = x - a): number {
  if (x === 0) return a === 0 ? 0 : -Infinity
  if (x === Infinity) return -Infinity
  if (a < 10) return a * Math.log(x) - x - logGamma1p(a)
  return -deviance(a, x, d) - stirlingError(a) - LOG_SQRT_TWO_PI - 0.5 * Math.log(a)
}

// The last evaluation: both tails, and for the one computed directly its factor beside the exponential. Module
// variables instead of an object, so that a call allocates nothing.
let lower = 0
let upper = 0
let lowerIsDirect = true
let factor = 0
let logScale = 0
let scaleIsPrefactor = true

function evaluate(a: number, x: number, d: number): void {
  scaleIsPrefactor = false
  factor = 1
  if (x <= 0 || a === 0 || x === Infinity) {
    lowerIsDirect = x <= 0 && a > 0
    lower = lowerIsDirect ? 0 : 1
    upper = 1 - lower
    logScale = -Infinity
    return
  }
  if (a < 1 && x < 1.5) {
    aroundZero(a, x)
    return
  }
  if (a >= 20 && temme(a, d)) return
  scaleIsPrefactor = true
  if (d < 0 || x < 1.5) {
    let term = 1
    let sum = 1
    for (let n = a + 1; term > 1e-17 * sum; n++) {
      term *= x / n
      sum += term
    }
    factor = sum
    lowerIsDirect = true
    lower = gammaPrefactor(a, x, d) * sum
    upper = 1 - lower
    return
  }
  // Steed's evaluation of the continued fraction: one division per step.
  let b = d + 1
  let inverse = 1 / b
  let step = inverse
  let sum = inverse
  for (let n = 1; n < 100000; n++) {
    const numerator = n * (a - n)
    b += 2
    inverse = 1 / (b + numerator * inverse)
    step *= b * inverse - 1
    sum += step
    if (Math.abs(step) < 1e-17 * sum) break
  }
  factor = a * sum
  lowerIsDirect = false
  upper = gammaPrefactor(a, x, d) * factor
  lower = 1 - upper
}

/** a < 1, small x: P = x^a/Γ(a+1)·(1 + a·s), and Q from 1 − x^a/Γ(a+1) without cancellation. */
function aroundZero(a: number, x: number): void {
  let term = 1
  let s = 0
  for (let n = 1; n < 60; n++) {
    term *= -x / n
    const add = term / (a + n)
    s += add
    if (Math.abs(add) < 1e-18) break
  }
  logScale = a * Math.log(x) - logGamma1p(a)
  const scale = x ** a / gammaFunction(1 + a)
  factor = 1 + a * s
  lowerIsDirect = true
  lower = scale * factor
  upper = -Math.expm1(logScale) - scale * a * s
  if (upper < 0) upper = 0
}

/** Near x = a, for a ≥ 20; false when d is out of its range. */
function temme(a: number, d: number): boolean {
  const u = d / a
  if (u < -0.55 || u > 1) return false
  const half = log1pDefect(u)
  const size = Math.sqrt(2 * half)
  if (size > 0.7) return false
  const eta = d < 0 ? -size : size
  const rows = a < 40 ? 12 : a < 100 ? 9 : a < 1000 ? 7 : a < 1e5 ? 5 : 3
  const columns = size < 0.15 ? 12 : size < 0.4 ? 18 : 25
  let sum = 0
  for (let k = rows - 1; k >= 0; k--) {
    const row = TEMME[k]!
    let c = 0
    for (let n = Math.min(columns, row.length) - 1; n >= 0; n--) c = c * eta + row[n]!
    sum = sum / a + c
  }
  const root = Math.sqrt(a)
  const correction = sum / root
  logScale = -a * half
  lowerIsDirect = d < 0
  factor = (millsRatio(size * root) + (lowerIsDirect ? -correction : correction)) / SQRT_TWO_PI
  const value = Math.exp(logScale) * factor
  lower = lowerIsDirect ? value : 1 - value
  upper = lowerIsDirect ? 1 - value : value
  return true
}

function logDirect(value: number, a: number, x: number, d: number): number {
  if (value > 1e-280) return Math.log(value)
  return (scaleIsPrefactor ? logGammaPrefactor(a, x, d) : logScale) + Math.log(factor)
}

/**
 * P(a, x) = γ(a, x)/Γ(a).
 *
 * @param a Positive. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example gammaLower(3, 2) // 0.32332358381693654
 */
export function gammaLower(a: number, x: number, d: number = x - a): number {
  evaluate(a, x, d)
  return lower
}

/**
 * Q(a, x) = Γ(a, x)/Γ(a).
 *
 * @param a Positive. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example gammaUpper(3, 245) // 1.1986691517151729e-102
 */
export function gammaUpper(a: number, x: number, d: number = x - a): number {
  evaluate(a, x, d)
  return upper
}

/**
 * log P(a, x), where P underflows or is close to 1 too.
 *
 * @param a Positive. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example logGammaLower(7, 80) // -7.096510270453943e-27
 */
export function logGammaLower(a: number, x: number, d: number = x - a): number {
  evaluate(a, x, d)
  if (upper < 0.5) return Math.log1p(-upper) + 0
  return lowerIsDirect ? logDirect(lower, a, x, d) : Math.log(lower)
}

/**
 * log Q(a, x), where Q underflows or is close to 1 too.
 *
 * @param a Positive. @param x At least 0. @param d x − a, if known better than by subtraction.
 * @example logGammaUpper(3, 1000) // -986.8756…
 */
export function logGammaUpper(a: number, x: number, d: number = x - a): number {
  evaluate(a, x, d)
  if (lower < 0.5) return Math.log1p(-lower) + 0
  return lowerIsDirect ? Math.log(upper) : logDirect(upper, a, x, d)
}

/**
 * P and Q, or their logarithms, by one evaluation.
 *
 * @param a Positive. @param x At least 0. @param d x − a.
 * @param out Receives [P, Q], or [log P, log Q].
 * @param logs Whether logarithms are wanted.
 * @example
 * const out = new Float64Array(2)
 * gammaTails(3, 2, -1, out, false)
 * out // [0.3233…, 0.6766…]
 */
export function gammaTails(a: number, x: number, d: number, out: Float64Array, logs: boolean): void {
  evaluate(a, x, d)
  out[0] = lower
  out[1] = upper
  if (!logs) return
  const p = lower
  const q = upper
  out[0] = q < 0.5 ? Math.log1p(-q) + 0 : lowerIsDirect ? logDirect(p, a, x, d) : Math.log(p)
  out[1] = p < 0.5 ? Math.log1p(-p) + 0 : lowerIsDirect ? Math.log(q) : logDirect(q, a, x, d)
}
