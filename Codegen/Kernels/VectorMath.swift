import LLVM

// Elementary functions of f32 values of any number of lanes (a scalar is one lane), as explicit fma arithmetic:
// the same operations at every width, so the same bits. No table, no branch, no library call.
//
// Each function reduces its argument to a small interval and evaluates a polynomial there. The coefficients are
// minimax fits of the relative error (Lawson's iteration), rounded to float32 one by one from the lowest power,
// with the others fitted again after each. The comments give the polynomials' own errors; the tests hold the
// functions to the bounds in ulp. The greatest errors over all 2^32 arguments are: exp 0.90, log 0.91,
// tanh 1.36, sigmoid 2.40, softplus 1.77 ulp; those of sin and cos over all arguments of Box and Muller's
// method, 0.85 ulp.
//
// Denormals: an argument of `log` below the least normal number counts as zero, and a result of `exp`,
// `sigmoid` or `softplus` below it is zero, whether or not the machine flushes denormals. `tanh` of a denormal
// is that denormal, or zero where the machine flushes.
extension LLVMBuilder {
  /// e^x, within 1 ulp. 0 below -87.336544 (where the result would be denormal), infinity above 88.722839;
  /// NaN for NaN.
  ///
  /// Cody and Waite (Software Manual for the Elementary Functions, 1980, chapter 6): x = n ln 2 + r with
  /// |r| <= (ln 2) / 2 and ln 2 in two parts, of which the first times n is exact; e^x = 2^n e^r.
  public func exp(_ x: LLVMValue, name: String = "exp") -> LLVMValue {
    // The sum with 1.5 * 2^23 has n in its low bits, rounded to nearest by the addition itself.
    let shifted = fma(x, 1.442695040888963, Self.roundingShift)
    let n = sub(shifted, Self.roundingShift)
    let r = fma(n, -Self.ln2Low, fma(n, -Self.ln2High, x))
    // e^r = 1 + r + r^2 q(r), relative error 3.1e-9.
    let q = polynomial(
      [0x1.fffffcp-2, 0x1.555492p-3, 0x1.5558aep-5, 0x1.12397ep-7, 0x1.6a4e72p-10], r)
    let power = fma(fma(q, r, 1.0), r, 1.0)
    // Adding n to the exponent's field multiplies by 2^n: power is in [0.7, 1.42) and n in -126 ... 128.
    let exponent = shl(bitcast(shifted, to: context.i32), 23)
    let scaled = bitcast(add(bitcast(power, to: context.i32), exponent), to: context.f32)
    let finite = select(fcmp(.ole, x, 0x1.62e42ep+6), scaled, add(x, Double.infinity))
    return select(fcmp(.olt, x, -0x1.5d589ep+6), x.type.zero, finite, name: name)
  }

  /// The natural logarithm, within 1 ulp. -infinity for zeros and denormals, NaN below them, infinity for
  /// infinity.
  ///
  /// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt 2), as in Moshier's Cephes (`logf`).
  public func log(_ x: LLVMValue, name: String = "log") -> LLVMValue {
    let finite = select(fcmp(.olt, x, Double.infinity), logOfPositive(x), x)
    let least = Double(Float.leastNormalMagnitude)
    let belowLeast = select(
      fcmp(.ole, x, -least), x.type.constant(Double.nan), -Double.infinity)
    return select(fcmp(.olt, x, least), belowLeast, finite, name: name)
  }

  /// The natural logarithm of positive normal numbers; anything for other arguments.
  public func logOfPositive(_ x: LLVMValue) -> LLVMValue {
    let squareRootOfHalf = 0x3F35_04F3
    let bits = sub(bitcast(x, to: context.i32), squareRootOfHalf)
    let e = sitofp(ashr(bits, 23), to: context.f32)
    let mantissa = bitcast(add(and(bits, 0x7F_FFFF), squareRootOfHalf), to: context.f32)
    let f = sub(mantissa, 1.0)
    let (high, low) = log1pParts(f)
    return fma(e, Self.ln2High, add(high, fma(e, Self.ln2Low, low)))
  }

  /// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), within 2 ulp; NaN for NaN. It shares e^-|x| with `sigmoid` of
  /// the same x.
  public func softplus(_ x: LLVMValue, name: String = "softplus") -> LLVMValue {
    let t = exp(neg(fabs(x)))
    // 1 + t = 2^e (1 + f): from sqrt 2 on, e = 1 and f = (t - 1) / 2. No bit of a small t is lost.
    let isLarge = fcmp(.oge, t, 0x1.a8279ap-2)
    let f = select(isLarge, fma(t, 0.5, -0.5), t)
    let (high, low) = log1pParts(f)
    let zero = x.type.zero
    let tail = add(high, add(low, select(isLarge, x.type.constant(Self.ln2Low), zero)))
    let log1p = add(tail, select(isLarge, x.type.constant(Self.ln2High), zero))
    return add(maximum(x, zero), log1p, name: name)
  }

  /// 1 / (1 + e^-x), within 2.5 ulp; NaN for NaN.
  public func sigmoid(_ x: LLVMValue, name: String = "sigmoid") -> LLVMValue {
    // With t = e^-|x| <= 1 nothing overflows: 1 / (1 + t) for x >= 0, t / (1 + t) below.
    let t = exp(neg(fabs(x)))
    let numerator = select(fcmp(.oge, x, 0.0), x.type.constant(1.0), t)
    return fdiv(numerator, add(t, 1.0), name: name)
  }

  /// The hyperbolic tangent, within 2 ulp; odd, so -0 for -0; NaN for NaN.
  ///
  /// As in Cephes (`tanhf`): a polynomial below 0.625 in magnitude, 1 - 2 / (e^2|x| + 1) from there.
  public func tanh(_ x: LLVMValue, name: String = "tanh") -> LLVMValue {
    let magnitude = fabs(x)
    let square = mul(x, x)
    // tanh x = x + x^3 p(x^2), relative error 4.5e-9.
    let p = polynomial(
      [-0x1.555532p-2, 0x1.1106f6p-3, -0x1.b835a4p-5, 0x1.51f8cep-6, -0x1.750ce4p-8], square)
    let small = fma(mul(p, square), magnitude, magnitude)
    let large = sub(
      x.type.constant(1.0), fdiv(x.type.constant(2.0), add(exp(mul(magnitude, 2.0)), 1.0)))
    return copysign(select(fcmp(.olt, magnitude, 0.625), small, large), x, name: name)
  }

  /// sin and cos of `turns` full turns (2 pi turns), both within 1 ulp, for |turns| <= 2^20.
  ///
  /// turns = k / 4 + r without rounding, |r| <= 1/8; k chooses the quadrant.
  public func sincos(turns: LLVMValue) -> (sin: LLVMValue, cos: LLVMValue) {
    let shifted = fma(turns, 4.0, Self.roundingShift)
    let r = fma(sub(shifted, Self.roundingShift), -0.25, turns)
    let square = mul(r, r)
    // sin 2 pi r = 2 pi r + r^3 p(r^2), relative error 4.0e-9, with 2 pi in two parts;
    // cos 2 pi r = 1 + r^2 q(r^2), relative error 4.4e-10.
    let p = polynomial([-0x1.4abbbep+5, 0x1.465facp+6, -0x1.2db5ccp+6], square)
    let twoPiHigh = 0x1.921fb6p+2
    let twoPiLow = -0x1.777a5cp-23
    let sine = fma(r, twoPiHigh, mul(r, fma(p, square, twoPiLow)))
    let q = polynomial([-0x1.3bd3ccp+4, 0x1.03c1bp+6, -0x1.55b2b4p+6, 0x1.d4f632p+5], square)
    let cosine = fma(q, square, 1.0)

    let k = bitcast(shifted, to: context.i32)
    let isOdd = icmp(.ne, and(k, 1), 0)
    let sinSign = shl(and(k, 2), 30)
    let cosSign = shl(and(add(k, 1), 2), 30)
    return (
      sin: flipSign(select(isOdd, cosine, sine), sinSign, name: "sin"),
      cos: flipSign(select(isOdd, sine, cosine), cosSign, name: "cos")
    )
  }

  /// 1 / x, correctly rounded.
  public func reciprocal(_ x: LLVMValue, name: String = "reciprocal") -> LLVMValue {
    fdiv(x.type.constant(1.0), x, name: name)
  }

  /// `coefficients[0] + coefficients[1] x + ...` by Horner's rule.
  public func polynomial(_ coefficients: [Double], _ x: LLVMValue) -> LLVMValue {
    let last = x.type.constant(coefficients.last ?? 0)
    return coefficients.dropLast().reversed().reduce(last) { fma($0, x, $1) }
  }

  /// ln(1 + f) as a sum of f and a smaller part, for f in [sqrt(1/2) - 1, sqrt(2) - 1]:
  /// f - f^2 / 2 + f^3 p(f), relative error 5.9e-9.
  private func log1pParts(_ f: LLVMValue) -> (high: LLVMValue, low: LLVMValue) {
    let square = mul(f, f)
    let p = polynomial(
      [
        0x1.555554p-2, -0x1.000228p-2, 0x1.99a028p-3, -0x1.54720cp-3, 0x1.22d792p-3, -0x1.0d854cp-3,
        0x1.056c2p-3, -0x1.38dc38p-4,
      ], f)
    return (f, fma(square, -0.5, mul(mul(p, f), square)))
  }

  private func flipSign(_ x: LLVMValue, _ signBit: LLVMValue, name: String) -> LLVMValue {
    bitcast(xor(bitcast(x, to: context.i32), signBit), to: context.f32, name: name)
  }

  /// Adding and subtracting it rounds numbers below 2^22 in magnitude to integers, ties to even.
  private static var roundingShift: Double { 0x1.8p23 }
  /// ln 2 = ln2High + ln2Low; the first has 9 bits, so that its product with an exponent is exact.
  private static var ln2High: Double { 0x1.63p-1 }
  private static var ln2Low: Double { -0x1.bd0106p-13 }
}
